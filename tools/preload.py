# SPDX-License-Identifier: MIT
"""Runs this machine's own programs with Cairn in place of the C library's heap, and without.

    preload.py --library SO --measured PROGRAM --work FOLDER [--pairs N] [--short] [--tap] [NAME...]

A program passes if its exit status and its output are the same both times. What it is given to do is made
here, from fixed seeds. Runs with and without alternate, so that what else the machine does hits both; the
table has the medians of the pairs' ratios:

    time     wall time with Cairn / without
    cpu      processor time, of all cores, with Cairn / without
    memory   largest resident set of a process with Cairn / without

Programs that are about what is refused, or about fork, have none of these: they take a moment, or do what chance
makes of them.

--short does less work, once, and leaves out what takes long or needs packages of its own. --tap prints
results for prove. A program that is not installed is skipped by name, and counted.
"""
from __future__ import annotations

import argparse
import dataclasses
import hashlib
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
from typing import BinaryIO, Callable, Sequence

PYTHON = "/usr/bin/python3"

BASH = r"""
declare -A count; declare -a words
for ((i = 0; i < %(n)d; i++)); do
    key=k$((i * 7919 %% 3001)); count[$key]=$((${count[$key]:-0} + i)); words+=("$key-$i")
done
for i in {1..%(shells)d}; do sum=$( (for w in "${words[@]:i*10:50}"; do echo "${w//k/$i}"; done) | sort | md5sum); echo "$sum"; done
text=${words[*]}; echo ${#text} ${#count[@]}; printf '%%s\n' "${!count[@]}" | sort | md5sum
"""  # noqa: E501

PYTHON_SCRIPT = r"""
import json, random, re, threading
rng = random.Random(5)
N = %(n)d
rows = [{"id": i, "name": "n%%d" %% rng.randrange(10**9), "tags": [str(rng.random()) for _ in range(8)],
         "text": " ".join("w%%d" %% rng.randrange(500) for _ in range(40))} for i in range(N)]
text = json.dumps(rows)
print(len(text), sum(len(r["tags"]) for r in json.loads(text)))
print(sum(len(m) for m in re.findall(r"w(\d+) w\d*7 (?:w\d+ )*?w1", text)))
print(sorted(rows, key=lambda r: (r["name"], r["id"]))[N // 2]["id"])
results = {}
def work(k):
    part = [bytes([k + i & 255]) * (200 + i * 37 %% 5000) for i in range(N // 10)]
    words = re.sub(r"w(\d)", r"x\1", text[k * 1000:k * 1000 + 4 * N]).split()
    results[k] = (sum(map(len, part)), len(set(words)), len(json.dumps(rows[k::40])))
threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(results.items()))
big = list(range(20 * N)); big += [x * 2 for x in big]; big.sort(key=lambda x: -x %% 9973); print(len(big), big[N])
"""

PERL = r"""
my ($n, %%h, @a) = (%(n)d); my $x = 12345;
for my $i (1 .. $n) {
    $x = ($x * 1103515245 + 12345) & 0x7fffffff; my $k = "key" . $x %% 50021;
    $h{$k} .= "$i,"; push @a, [$i, $k, {text => "t" x ($x %% 90)}]; delete $h{"key" . $x %% 4001} if $i %% 5 == 0;
}
my $joined = join "|", map { "$_=$h{$_}" } sort keys %%h;
my @found = $joined =~ /key(\d+)=((?:\d+,){2,4})(?=\|)/g;
my @sorted = sort { $a->[1] cmp $b->[1] || $a->[0] <=> $b->[0] } @a;
my $text = join "", map { $_->[2]{text} . "\n" } @sorted; $text =~ s/t{20,30}\n/<$&>/g;
print length($joined), " ", scalar(@found), " $sorted[$n / 2][1] ", length($text), "\n";
"""

NODE = r"""
const n = %(n)d; let x = 12345; const rnd = m => (x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff) %% m;
const rows = []; for (let i = 0; i < n; i++) rows.push({id: i, key: 'k' + rnd(5000), list: Array.from({length: 10}, () => rnd(99))});
const text = JSON.stringify(rows), map = new Map();
for (const r of JSON.parse(text)) map.set(r.key, (map.get(r.key) || '') + r.id);
console.log(text.length, map.size, [...map.keys()].sort()[100], (text.match(/"k1\d*7"/g) || []).length);
const zlib = require('zlib'), crypto = require('crypto');
const buffers = Array.from({length: 200}, (_, i) => Buffer.alloc(1000 + i * 997, i));
const packed = zlib.deflateSync(Buffer.concat(buffers)); console.log(zlib.inflateSync(packed).length);
console.log(crypto.createHash('sha256').update(text).digest('hex'));
"""  # noqa: E501

SQL = r"""
PRAGMA cache_size = -20000;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT);
CREATE TABLE sale (item INTEGER, day INTEGER, amount INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %(n)d)
  INSERT INTO item SELECT i, printf('item-%%d', i * 7919 %% 100003), i * 37 %% 1000 / 10.0, hex(i * 65537) || printf('%%.*c', i %% 80, 'x') FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3 * %(n)d)
  INSERT INTO sale SELECT i * 104729 %% %(n)d + 1, i %% 365, i * 31 %% 50 FROM n;
CREATE INDEX item_name ON item(name); CREATE INDEX sale_item ON sale(item);
SELECT count(*), sum(amount), round(sum(amount * price), 2) FROM sale JOIN item ON item.id = sale.item;
SELECT name, group_concat(amount) FROM sale JOIN item ON item.id = item GROUP BY name ORDER BY sum(amount) DESC, name LIMIT 20;
SELECT substr(note, 1, 4) AS head, count(*), max(name) FROM item GROUP BY head ORDER BY 2 DESC, 1 LIMIT 10;
UPDATE item SET note = upper(replace(note, 'x', 'yz')) WHERE id %% 3 = 0; DELETE FROM sale WHERE day %% 7 = 0;
SELECT sum(length(note)), (SELECT count(*) FROM sale) FROM item; PRAGMA integrity_check;
"""  # noqa: E501

GDB = ["-nx", "-batch", "-ex", "info functions", "-ex", "info types", "-ex", "info line heap_free",
       "-ex", "disassemble /s malloc", "-ex", "ptype struct cairn_heap", "-ex", "info scope realloc_in_arena"]


@dataclasses.dataclass
class Program:
    """A program of this machine, and what it is to do."""

    name: str
    command: list[str]                           # FOLDER/... is below the work folder
    prepare: Callable[[], object] | None = None  # called before each run
    short: bool = True                           # is one of the short list
    package: str = ""                            # if not its own
    timed: bool = True                           # takes long enough, and does the same work each time


class Work:
    """What the programs work on, made once and kept."""

    def __init__(self, folder: str, scale: int) -> None:
        self.folder, self.scale = os.path.abspath(folder), scale
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name: str) -> str:
        """A file in the work folder."""
        return os.path.join(self.folder, name)

    def make(self, name: str, write: Callable[[BinaryIO], object]) -> str:
        """The file `name`, written by write(file) if it is not there."""
        path = self.path(f"{name}-{self.scale}")
        if not os.path.exists(path):
            with open(path + ".part", "wb") as file:
                write(file)
            os.rename(path + ".part", path)
        return path

    def script(self, name: str, text: str, n: int) -> str:
        """A script that does something `n` times."""
        code = text % {"n": n // self.scale, "shells": 100 // self.scale}
        return self.make(name, lambda file: file.write(code.encode()))

    def lines(self, size: int) -> str:
        """Text of `size` bytes: lines of words and numbers."""
        def write(file: BinaryIO) -> None:
            rng = random.Random(1)
            words = [f"{rng.randrange(16 ** 6):x}" for _ in range(20000)]
            while file.tell() < size // self.scale:
                file.write("".join(" ".join(rng.choices(words, k=rng.randrange(2, 16))) + f" {rng.random()}\n"
                                   for _ in range(2000)).encode())
        return self.make(f"lines-{size}", write)

    def tree(self) -> str:
        """A folder of many files in many folders."""
        top = self.path(f"tree-{self.scale}")
        if not os.path.exists(top):
            rng = random.Random(2)
            for i in range(1200 // self.scale):
                folder = f"{top}.part/{i % 20}/{i % 7}/{i}"
                os.makedirs(folder)
                for j in range(100):
                    with open(f"{folder}/{rng.randrange(16 ** 12):x}-{j}", "wb"):
                        pass
            os.rename(top + ".part", top)
        return top

    def repository(self) -> str:
        """A git repository with many versions of many files, all objects loose."""
        top = self.path(f"repository-{self.scale}")
        if os.path.exists(top):
            return top
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", top + ".part"], check=True)
        rng = random.Random(3)
        files = {f"d{i % 20}/f{i}.c": [f"line {rng.random()}\n" for _ in range(300)] for i in range(400)}
        stream = []
        for i in range(400 // self.scale):
            stream.append(f"commit refs/heads/main\ncommitter A <a@b.c> {1600000000 + i} +0000\n"
                          f"data 3\n{i % 1000:03}\n")
            for name in rng.sample(sorted(files), 400 if i == 0 else 8):
                lines = files[name]
                for _ in range(5):
                    lines[rng.randrange(len(lines))] = f"line {rng.random()} in {i}\n"
                text = "".join(lines)
                stream.append(f"M 644 inline {name}\ndata {len(text)}\n{text}\n")
        subprocess.run(["git", "-C", top + ".part", "-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet"],
                       input="".join(stream).encode(), check=True)
        os.rename(top + ".part", top)
        return top

    def copy(self, folder: str) -> None:
        """Called before a run: FOLDER/copy is a fresh copy of a folder."""
        shutil.rmtree(self.path("copy"), ignore_errors=True)
        shutil.copytree(folder, self.path("copy"), symlinks=True)

    def clear(self) -> None:
        """Called before a run: nothing is built."""
        shutil.rmtree(self.path("built"), ignore_errors=True)


def programs(work: Work, library: str) -> list[Program]:
    """The list. Each does its work on one or two cores in some seconds."""
    s = work.scale
    sources = ("core/heap", "core/private", "core/inspect", "system/malloc", "system/sbrk")
    compiled = " ".join(f"allocator/{f}.c" for f in sources)

    def made(name: str) -> str:
        return os.path.join(os.path.dirname(library), "programs", name)

    modules = "test_json test_re test_list test_dict test_bytes test_unicode test_zlib test_thread"
    return [
        Program("ls -lR", ["ls", "-lR", work.tree()]),
        Program("bash", ["bash", work.script("bash", BASH, 30000)]),
        Program("python3", [PYTHON, work.script("python", PYTHON_SCRIPT, 12000)]),
        Program("python3 -m test",
                ["bash", "-c", f"{PYTHON} -m test {modules} 2>&1 | "
                 "sed -E 's/^.* load avg: [0-9.]+ //; s/ \\([0-9.]+ m?sec\\)//; /duration:/d; /^[0-9]+ slowest/,$d'; "
                 "exit ${PIPESTATUS[0]}"],
                short=False, package="libpython3.11-testsuite"),
        Program("perl", ["perl", work.script("perl", PERL, 150000)]),
        Program("sqlite3", ["sqlite3", ":memory:", ".read " + work.script("sql", SQL, 80000)]),
        Program("gcc", ["bash", "-c", f"for i in {{1..{4 // min(s, 4)}}}; do for f in {compiled}; do "
                        "gcc -O2 -Iinclude -Iport -S $f -o - | sha256sum; done; done"]),
        Program("g++", ["bash", "-c", "g++ -std=c++17 -O1 -S tests/posix/operators.cpp -Iinclude -Itests/support "
                        "-o - | sha256sum"],
                short=False),
        Program("make -j2", ["bash", "-c", f"make -s -j2 BUILD={work.path('built')} {work.path('built')}/host/fit && "
                             f"{work.path('built')}/host/fit tests/traces/cpp-events.trace"], work.clear, short=False),
        Program("sort", ["bash", "-c", f"sort --parallel=2 {work.lines(50_000_000)} | sha256sum"]),
        Program("sort -S", ["bash", "-c", f"sort -S 20M --parallel=2 -k2,2 -k1nr {work.lines(50_000_000)} | sha256sum"],
                short=False),
        Program("xz -T2", ["bash", "-c", f"xz -T2 --block-size=2MiB -3 -c {work.lines(6_000_000)} | tee >(sha256sum) | "
                           "xz -T2 -d | sha256sum"]),
        Program("zstd -T2", ["bash", "-c", f"zstd -q -T2 -9 -c {work.lines(50_000_000)} | tee >(sha256sum) | "
                             "zstd -q -d | sha256sum"]),
        Program("git gc", ["bash", "-c", f"cd {work.path('copy')} && git -c pack.threads=2 gc -q && "
                           "git rev-list --objects --all | sha256sum && git fsck --full"],
                lambda: work.copy(work.repository())),
        Program("git log -p", ["bash", "-c", f"git -C {work.repository()} log -p --stat -S '7 in' | sha256sum"],
                short=False),
        Program("node", ["node", work.script("node", NODE, 120000)]),
        Program("gdb", ["gdb"] + GDB + [library], short=False),
        Program("OpenMP", [made("openmp"), str(10 // min(s, 5))]),
        Program("tcc -run", ["bash", "-c", f"for i in {{1..{20 // s}}}; do tcc -run tests/programs/jit.c; done"],
                package="tcc"),
        Program("limits", [made("limited")], timed=False),
        Program("mlockall", [made("locked")], timed=False),
        Program("fork storm", [made("storm"), str(200 // s)], timed=False),
    ]


# ---- Running -------------------------------------------------------------------------------------

def digest(path: str) -> str:
    """The digest of a file."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@dataclasses.dataclass
class Run:
    """One run of a program."""

    did: tuple[int, str]    # status and output: what must be the same
    errors: str             # a file
    took: tuple[int, ...]   # microseconds of wall and of processor time, KiB


def run(args: argparse.Namespace, program: Program, library: str) -> Run:
    """Run a program, with Cairn if `library` is not empty."""
    if program.prepare:
        program.prepare()
    output = os.path.join(args.work, "with" if library else "without")
    environment = dict(os.environ, LC_ALL="C", PYTHONHASHSEED="0", GIT_CONFIG_GLOBAL="/dev/null")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    done = subprocess.run([args.measured, library, output] + program.command, env=environment, check=True,
                          capture_output=True, text=True, timeout=1200)
    status, *took = map(int, done.stdout.split())
    return Run((status, digest(output)), output + ".err", tuple(took))


def tail(path: str) -> str:
    """The end of a file, for a message."""
    with open(path, errors="replace", encoding="utf-8") as file:
        return file.read()[-400:].strip()


@dataclasses.dataclass
class Result:
    """A program with and without Cairn."""

    same_status: bool
    same_output: bool
    ratios: list[float]  # medians: wall time, processor time, memory
    seconds: float       # wall time without Cairn
    notes: list[str]


def compare(args: argparse.Namespace, program: Program) -> Result:
    """All pairs of a program. Where there are several, one more before them warms the caches."""
    same_status = same_output = True
    pairs: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    notes: list[str] = []
    for number in range(args.pairs + (args.pairs > 1)):
        libraries = ("", args.library) if number % 2 == 0 else (args.library, "")
        runs = {library: run(args, program, library) for library in libraries}
        without, with_ = runs[""], runs[args.library]
        same_status &= without.did[0] == with_.did[0]
        same_output &= without.did[1] == with_.did[1]
        if without.did != with_.did:
            notes.append(f"status {without.did[0]} and {with_.did[0]}: {tail(with_.errors)}")
        if without.did[0] != 0:
            notes.append(f"it fails without Cairn, too: {tail(without.errors)}")
        pairs.append((with_.took, without.took))
    pairs = pairs[-args.pairs:]
    ratios = [statistics.median(a[i] / b[i] for a, b in pairs) for i in range(3)]
    return Result(same_status, same_output, ratios, statistics.median(b[0] for _, b in pairs) / 1e6, notes)


def row_of(program: Program, result: Result) -> str:
    """The row of the table."""
    same = "".join(f"{'same' if good else 'OTHER':>8}" for good in (result.same_status, result.same_output))
    figures = "".join(f"{ratio:8.3f}" if program.timed else f"{'-':>8}" for ratio in result.ratios)
    return f"{program.name:17}{same}{figures}{result.seconds:9.2f}"


def mean(ratios: Sequence[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def check_library(args: argparse.Namespace) -> None:
    """The dynamic linker goes on without a library that it cannot load: then there is nothing to compare."""
    output = os.path.join(args.work, "maps")
    subprocess.run([args.measured, args.library, output, "cat", "/proc/self/maps"], check=True, capture_output=True)
    with open(output, encoding="utf-8") as maps:
        if os.path.realpath(args.library) not in maps.read():
            sys.exit(f"preload: {args.library} is not loaded: {tail(output + '.err')}")


def installed(program: Program) -> bool:
    """Is the program on this machine?"""
    if program.package:
        query = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", program.package],
                               capture_output=True, text=True, check=False)
        return query.stdout == "installed"
    return shutil.which(program.command[0] if program.command[0] != "bash" else program.name.split()[0]) is not None


def main() -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True)
    parser.add_argument("--measured", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    args.library = os.path.abspath(args.library)
    work = Work(args.work, 10 if args.short else 1)
    check_library(args)
    chosen = [p for p in programs(work, args.library)
              if (p.short or not args.short) and (not args.names or p.name in args.names)]
    skipped = [p for p in chosen if not installed(p)]
    bad = 0
    ratios: list[list[float]] = []
    if args.tap:
        print(f"1..{len(chosen)}")
    else:
        print(f"{'program':17}{'status':>8}{'output':>8}{'time':>8}{'cpu':>8}{'memory':>8}{'seconds':>9}")
    for number, program in enumerate(chosen, 1):
        if program in skipped:
            print(f"ok {number} - {program.name} # SKIP not installed" if args.tap else
                  f"{program.name:17} skipped: not installed")
            continue
        result = compare(args, program)
        good = result.same_status and result.same_output and not result.notes
        bad += not good
        if program.timed:
            ratios.append(result.ratios)
        if args.tap:
            print(f"{'ok' if good else 'not ok'} {number} - {program.name} does the same with Cairn for its heap")
        else:
            print(row_of(program, result))
        for note in result.notes:
            print("# " + note.replace("\n", "\n# "))
        sys.stdout.flush()
    if args.tap:
        print(f"# {len(skipped)} skipped")
    else:
        if ratios:
            print(f"{'geometric mean':33}" + "".join(f"{mean(column):8.3f}" for column in zip(*ratios)))
        print(f"{len(chosen) - len(skipped)} programs, {len(skipped)} skipped, {bad} not the same")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
