"""tools/cairn: its tools and no others, the help of each, and what it says of wrong arguments and input.

SPDX-License-Identifier: MIT
"""
import os
import random
import re
import subprocess
import sys

from tap import directory, equal, for_each, run_tests, test

sys.path.insert(0, "tools")
from cairntools.cli import TOOLS  # noqa: E402
from cairntools.elf import Elf  # noqa: E402
from cairntools.text import Problem  # noqa: E402

WORK = directory("tools")
CAIRN = os.path.abspath("tools/cairn")
ELF = os.path.abspath("build/mps2-an385/recorded/ring.elf")
TRACE = os.path.abspath("tests/traces/lua-life.trace")
MODULES = sorted(name[:-3] for name in os.listdir("tools/cairntools") if name.endswith(".py"))


def ended(*words, **options):
    """Status, output and errors of tools/cairn."""
    done = subprocess.run([CAIRN, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          **options)
    assert "Traceback" not in done.stderr, f"{words}: {done.stderr}"
    return done.returncode, done.stdout, done.stderr


def file(name, data):
    """A file of the test's own."""
    path = os.path.join(WORK, name)
    with open(path, "wb") as made:
        made.write(data)
    return path


# ---- The tools, and no others --------------------------------------------------------------------------


@test
def the_tools_are_those_that_the_documents_name():
    equal(sorted(TOOLS), ["bound", "flame", "image", "leaks", "link", "size", "trace", "view"])
    with open("docs/tools.md", encoding="utf-8") as document:
        text = document.read()
    for name in TOOLS:
        assert f"`tools/cairn {name}`" in text or f"tools/cairn {name} " in text, name


@test
def a_module_that_is_no_tool_is_refused():
    others = [name for name in MODULES if name not in TOOLS]
    assert len(others) > 12 and {"check", "heap", "show", "firmware"} < set(others), others
    for name in others:
        status, out, said = ended(name, ELF, "ram.bin@0x20000000")
        equal((status, out), (2, ""), name)
        equal(said, f"cairn: there is no tool {name}; the tools are bound, flame, image, leaks, link, size, trace, "
                    "view\n")


@for_each(["", ".", "bound.tool", "../cairn-gdb", "siz", "Size", "--version", "help"])
def any_other_name_is_refused(name):
    status, out, said = ended(name)
    equal((status, out), (2, ""))
    assert said.endswith("; the tools are bound, flame, image, leaks, link, size, trace, view\n"), said


@test
def alone_it_lists_the_tools_and_fails():
    status, out, said = ended()
    equal((status, out, ended("--help")), (2, "", (0, said, "")))
    equal(re.findall(r"^    (\w+) ", said, re.M), list(TOOLS))


@test
def it_runs_from_any_directory_and_by_a_link():
    """And a file there that is called like a module of Python's is none of its modules."""
    for name in ("struct", "argparse", "trace", "bisect"):
        file(f"{name}.py", b"raise SystemExit('the wrong one')\n")
    link = os.path.join(WORK, "link")
    os.symlink(CAIRN, link)
    for command in (CAIRN, os.path.abspath(link)):
        done = subprocess.run([command, "size", "--help"], cwd=WORK, capture_output=True, text=True, check=False)
        equal((done.returncode, done.stderr), (0, ""), command)


# ---- Help ----------------------------------------------------------------------------------------------


def undescribed(text):
    """Arguments that a help text lists and says nothing of."""
    lines = text.partition("\npositional arguments:\n")[2].splitlines()
    assert len(lines) > 3, text
    return [line for line, after in zip(lines, [*lines[1:], ""])
            if re.match("  [^ ]", line) and not re.search("[^ ] {2,}[^ ]", line) and not after.startswith(" " * 8)]


@for_each(TOOLS)
def each_has_its_help(name):
    status, out, said = ended(name, "--help")
    equal((status, said), (0, ""))
    assert out.startswith(f"usage: cairn {name} "), out
    assert f"    tools/cairn {name} " in out, out
    assert not re.search("SPDX|licen[cs]e|MIT", out, re.I), out
    equal(undescribed(out), [], "arguments without a word")


# ---- Wrong arguments -------------------------------------------------------------------------------------

# FIRMWARE and TRACE are replaced by the paths of files.
WRONG: dict[str, list[tuple[str, str]]] = {
    "bound": [
        ("", "required: [NAME=]ELF"),
        ("--core cortex-m99 FIRMWARE", "no such core here: cortex-m99"),
        ("--core cortex-m0 FIRMWARE", "a cortex-m0 cannot run it: it is for ARMv7-M"),
        ("cortex-m0plus/Os=FIRMWARE", "a cortex-m0plus cannot run it: it is for ARMv7-M"),
        ("--jobs 0 FIRMWARE", "--jobs: 0 is not a number from 1 on"),
        ("--path all FIRMWARE", "invalid choice"),
        ("--fact perhaps FIRMWARE", "--fact 1: not a fact: perhaps"),
        ("--what FIRMWARE", "unrecognized arguments"),
        ("--facts TRACE FIRMWARE", ": not a fact: m "),
        ("tests", "tests: Is a directory"),
        ("--facts FIRMWARE FIRMWARE", "holds no facts: it is not text"),
        ("=TRACE", "is not an ELF file"),
    ],
    "flame": [
        ("", "required: file"),
        ("FIRMWARE", "ring.elf is an ELF file: name an image of its RAM, too, or a core"),
        ("FIRMWARE ram.bin@0x20000000 --peak", "--at is for traces: an image is one moment"),
        ("TRACE --at 5 --peak", "not allowed with argument"),
        ("TRACE --at soon", "soon is not a moment of "),
        ("TRACE --format svg", "invalid choice: 'svg'"),
        ("none", "none: No such file or directory"),
        ("TRACE -o /none/x", "/none/x: No such file or directory"),
        ("FIRMWARE TRACE", "lua-life.trace is no core: name the address of its first byte, "),
    ],
    "leaks": [
        ("", "required: FILE"),
        ("TRACE TRACE TRACE", "two files are compared, no more"),
        ("TRACE TRACE --from 5", "--from and --to are for one trace: two have their moments as TRACE@MOMENT"),
        ("TRACE --from 5 --to 4", "the first moment, 5, is later than the second one, 4"),
        ("TRACE@soon TRACE", "soon is not a moment of "),
        ("TRACE FIRMWARE --elf none", "none: No such file or directory"),
        ("TRACE FIRMWARE", "ring.elf: an image of RAM needs --elf"),
        ("none none", "none: No such file or directory"),
        ("TRACE@0x20000000 TRACE --elf FIRMWARE", "lua-life.trace@0x20000000: "),
    ],
    "image": [
        ("", "required: FIRMWARE.elf, IMAGE"),
        ("FIRMWARE", "required: IMAGE"),
        ("FIRMWARE check", "there is no image"),
        ("FIRMWARE TRACE check", "lua-life.trace is no core: name the address of its first byte, "),
        ("FIRMWARE TRACE@0x20000000 nonsense", "nonsense is no command (map, blocks, bins, stats, sites, check, find) "
                                               "and no image"),
        ("FIRMWARE ram.bin@x", "x is not an address"),
        ("FIRMWARE none.bin@0", "none.bin: No such file"),
        ("FIRMWARE tests@0", "tests: Is a directory"),
        ("TRACE ram.bin@0", "is not an ELF file"),
        ("FIRMWARE TRACE@0x20000000 find", "find what?"),
        ("FIRMWARE TRACE@0x10000000 check a b", "neither"),
        ("FIRMWARE TRACE@0x10000000 check 0 8", "one heap at most"),
    ],
    "link": [
        ("", "required: FIRMWARE.elf"),
        ("none.elf", "none.elf: No such file"),
        ("tests", "tests: Is a directory"),
        ("TRACE", "is not an ELF file"),
        ("FIRMWARE none.map", "none.map: No such file"),
        ("FIRMWARE tests", "tests: Is a directory"),
        ("FIRMWARE TRACE", "is not a map of GNU ld"),
        ("FIRMWARE TRACE TRACE", "unrecognized arguments"),
        ("FIRMWARE --core cortex-m3", "--core is for --bound"),
        ("FIRMWARE --loudly", "unrecognized arguments"),
    ],
    "size": [
        ("", "required: trace"),
        ("none.trace", "none.trace: No such file"),
        ("tests", "tests: Is a directory"),
        ("FIRMWARE", "is not a trace: it is not text"),
        ("TRACE --heap 0", "--heap: 0 is not a number from 1 on"),
        ("TRACE --heap much", "--heap: much is not a number from 1 on"),
        ("TRACE --orders -1", "--orders"),
        ("TRACE --margin -50", "--margin: -50 is not a number from 0 on"),
        ("TRACE --reach -1", "--reach: -1 is not a number from 0 on"),
        ("TRACE --index-bits 8", "invalid choice"),
        ("TRACE --index-bits 32 --granule 8", "has no granules of 8 bytes"),
        ("TRACE --orders 0 --svg none/x.svg", "none/x.svg: No such file"),
    ],
    "trace": [
        ("", "required: file, --elf"),
        ("TRACE", "required: --elf"),
        ("TRACE --elf TRACE", "not an ELF file"),
        ("none.bin --elf FIRMWARE", "none.bin: No such file"),
        ("TRACE --elf none", "none: No such file"),
        ("TRACE --elf FIRMWARE --ram-at high", "--ram-at: high is not an address: decimal, or 0x"),
        ("TRACE --elf FIRMWARE --ram-at -8", "--ram-at"),
        ("TRACE --elf FIRMWARE", "the record at word 0 has an alignment"),
        ("TRACE --elf FIRMWARE --ram-at 0", "the ring, at"),
        ("/dev/null --elf FIRMWARE", "holds no record"),
    ],
    "view": [
        ("", "required: file, -o/--output"),
        ("TRACE", "required: -o"),
        ("none -o x", "none: No such file"),
        ("TRACE -o x --svg 1 --png 1", "not allowed with"),
        ("tests -o x", "directory"),
        ("TRACE -o x --svg most", "most is not an operation"),
        ("FIRMWARE -o x", "it is not text"),
        ("TRACE -o x --svg 9999999", "is not an operation"),
        ("TRACE -o none/x", "none/x: No"),
        ("TRACE -o x --ram-at 0", "--ram-at and --elf go together"),
        ("TRACE -o x --heap -1", "--heap"),
        ("TRACE -o x --heap 9", "cairn view: "),
        ("TRACE -o x --elf FIRMWARE --ram-at 0", "is not the build in this memory"),
        ("TRACE -o x --elf FIRMWARE --ram-at 0x10000000", "cannot be read"),
    ],
}


@for_each(TOOLS)
def wrong_arguments_end_in_a_sentence_and_status_2(name):
    for text, message in WRONG[name]:
        words = text.replace("FIRMWARE", ELF).replace("TRACE", TRACE).split()
        status, out, said = ended(name, *words)
        last = said.splitlines()[-1] if said else ""
        if words[1:] == ["--orders", "0", "--svg", "none/x.svg"]:
            out = ""  # the answer comes before the picture
        assert (status, out) == (2, "") and message in said, f"{words}: {status}, {out!r:.80}, {said}"
        assert last.startswith(f"cairn {name}: "), f"{words}: {said}"
    assert not os.path.exists("x"), "a file was written"


@test
def make_run_refuses_a_trace_without_an_operation():
    names = ("machine", "icount", "build", "link", "cairn", "libc", "nm")
    words = [word for name in names for word in (f"--{name}", "x")]
    done = subprocess.run([sys.executable, "bench/replay.py", "run", *words, file("empty.trace", b"# ops: 0\n")],
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "holds no operation that takes memory" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


@test
def a_header_with_any_number_is_read():
    path = file("header.trace", b"# heap_start: 010  heap_size: 0x0fff\nm 0 8\n")
    equal(ended("view", path, "-o", os.path.join(WORK, "header.html")), (0, "", ""))


@test
def slots_that_are_no_decimal_numbers_are_refused():
    status, _, said = ended("size", file("square.trace", "m \u00b2 8\n".encode()))
    equal((status, said[-34:-1]), (2, "square.trace:1: not an operation: m \u00b2 8"[-33:]))


@test
def a_module_that_is_missing_is_named_with_its_package():
    folder = os.path.join(WORK, "modules")
    os.mkdir(folder)
    file("modules/capstone.py", b"raise ModuleNotFoundError(\"No module named 'capstone'\", name='capstone')\n")
    status, _, said = ended("bound", ELF, env={**os.environ, "PYTHONPATH": folder})
    equal((status, said), (2, "cairn bound: it needs the Python module capstone, Debian's package python3-capstone\n"))


@for_each(["--help", "size --help", "size " + TRACE + " --orders 0"])
def a_reader_that_has_gone_is_no_error(words):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([CAIRN, *words.split()], stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE,
                          text=True, check=False)
    os.close(writing)
    equal((done.returncode, done.stderr), (2, ""))


# ---- Damaged ELF files -----------------------------------------------------------------------------------


@test
def an_elf_file_that_is_cut_off_or_overwritten_is_read_or_refused():
    with open(ELF, "rb") as whole:
        data = whole.read()
    noise, refused = random.Random(1), 0
    for n in range(300):
        part = bytearray(data[:noise.randrange(len(data))] if n % 2 else data)
        for _ in range(n % 5):
            part[noise.randrange(min(len(part), 64 if n % 3 else len(part)))] ^= 1 << noise.randrange(8)
        try:
            elf = Elf(file("damaged.elf", part))
            elf.attributes()
            elf.layout()
        except Problem as problem:
            refused += 1
            assert "damaged.elf" in str(problem), problem
    assert 100 < refused < 300, refused


run_tests()
