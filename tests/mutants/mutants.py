#!/usr/bin/python3
"""mutants.py: change the heap's sources in one place at a time, and print the changes that no test notices.

usage: mutants.py --build FOLDER [--jobs N] [--lines FROM-TO,...] [--sample N] [--seed N] [--equivalent FILE]
                  [--quick] [--thorough] [--list] FILE...

FOLDER holds what make has built of the heap as it is, and `configurations`, which says with what commands
(tests/mk/mutants.mk). What became of each change goes to FOLDER/verdicts. FILE of --equivalent lists changes after
which the program is the same:

    allocator/core/heap.c: i > 0 -> i >= 0
        | while (i > 0 && !map_is_bound(heap, i))
        Why it is the same.

The second line is the source's, without its comments. An entry whose change is noticed by a test, or that no change
fits, is an error. Such changes are tried by fast tests alone, unless --thorough is given; with --quick all are.

SPDX-License-Identifier: MIT
"""

import argparse
import collections
import ctypes
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time

import mutations
import trial


class Change:
    """A mutation of a file, and how it is named."""

    def __init__(self, path, text, mutation):
        self.path = path
        self.text = mutation.text
        self.start, self.end, self.new = mutation.start, mutation.end, mutation.new
        self.line = text.count("\n", 0, mutation.start) + 1
        self.last_line = text.count("\n", 0, mutation.end) + 1
        lines = text.split("\n")
        self.source = mutations.squeeze(lines[self.line - 1])
        first = self.line - 1
        while first > 0 and lines[first - 1].endswith("\\"):
            first -= 1
        self.brief = False
        self.in_macro = lines[first].lstrip().startswith("#")
        self.before = text.encode()
        self.after = (text[: self.start] + self.new + text[self.end:]).encode()

    @property
    def key(self):
        return self.path, self.text, self.source

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def changes_of(path, types):
    """All changes of a file. Those that read the same are numbered."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    changes = [Change(path, text, mutation) for mutation in mutations.mutations_of(text, types)]
    count = collections.Counter(change.key for change in changes)
    seen = collections.Counter()
    for change in changes:
        key = change.key
        seen[key] += 1
        if count[key] > 1:
            change.text += f" ({seen[key]} of {count[key]})"
    return changes


def headers_beside(files):
    """The texts of all headers in the folders of these files."""
    for folder in sorted({os.path.dirname(path) for path in files}):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".h"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    yield file.read()


def read_equivalent(path):
    """The changes on record: (file, text, source line) to the line of the entry."""
    entries, key, number = {}, None, 0
    if path is None:
        return entries

    def end():
        if key is not None and (len(key) < 3 or not reason):
            raise trial.Fault(f"{path}:{entry}: an entry has a change, the source's line and a reason")
        if key is not None:
            entries[tuple(key)] = entry

    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.startswith("#") or not line.strip():
                continue
            if not line[0].isspace():
                end()
                key, reason, entry = line.rstrip().split(": ", 1), "", number
                if len(key) != 2:
                    raise trial.Fault(f"{path}:{number}: this is no change: {line.rstrip()}")
            elif line.lstrip().startswith("| ") and key is not None and len(key) == 2:
                key.append(line.lstrip()[2:].rstrip())
            elif key is not None:
                reason += line
    end()
    return entries


def chosen(changes, arguments):
    """Those in the lines that were named; as many as were asked for."""
    if arguments.lines:
        ranges = [[int(end) for end in part.split("-")] for part in arguments.lines.split(",")]
        changes = [change for change in changes if any(r[0] <= change.line <= r[-1] for r in ranges)]
    if arguments.sample and arguments.sample < len(changes):
        picked = random.Random(arguments.seed).sample(range(len(changes)), arguments.sample)
        changes = [changes[i] for i in sorted(picked)]
    return changes


# ---- One process for each job ------------------------------------------------------------------------

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
worker = None


def begin(build, work):
    global worker
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    worker = trial.Trial(build, work)


def judge(change):
    start = time.monotonic()
    try:
        verdict, noticed = worker.judge(change)
    except trial.Fault as fault:
        verdict, noticed = None, str(fault)
    return change, verdict, noticed, time.monotonic() - start


# ---- What comes of it --------------------------------------------------------------------------------


class Report:
    """Counts verdicts, prints what survives, and compares it with the record."""

    def __init__(self, total, entries, log):
        self.total, self.entries, self.log = total, entries, log
        self.counts = collections.defaultdict(collections.Counter)
        self.done, self.errors = 0, []
        self.start = self.told = time.monotonic()

    def take(self, change, verdict, noticed, seconds):
        self.done += 1
        listed = change.key in self.entries
        if verdict == trial.SURVIVES and listed:
            verdict = "equivalent"
        elif verdict == trial.SURVIVES:
            print(f"{change}\n    | {change.source}", flush=True)
        elif verdict in (trial.KILLED, trial.INVALID, trial.NOT_COMPILED) and listed:
            self.errors.append(f"on record as equivalent, but {verdict} ({noticed}): {change}")
        self.counts[change.path][verdict] += 1
        self.log.write(f"{change}: {verdict}{noticed and ' by '}{noticed} ({seconds:.1f} s)\n")
        self.log.flush()
        if time.monotonic() - self.told > 30:
            self.told = time.monotonic()
            print(f"{self.done} of {self.total}, {self.told - self.start:.0f} s", file=sys.stderr)

    def table(self):
        kinds = [trial.KILLED, trial.SURVIVES, "equivalent", trial.SAME_CODE, trial.NOT_COMPILED, trial.INVALID]
        print("\t".join(["file"] + kinds))
        for path in sorted(self.counts):
            print("\t".join([path] + [str(self.counts[path][kind]) for kind in kinds]))
        total = sum(self.counts.values(), collections.Counter())
        counted = total[trial.KILLED] + total[trial.SURVIVES]
        share = 100 * total[trial.KILLED] / counted if counted else 100
        print(
            f"{total[trial.KILLED]} of {counted} changes are noticed: {share:.1f} %;"
            f" {total['equivalent']} are equivalent, {total[trial.SAME_CODE]} compile to the same code,"
            f" {total[trial.NOT_COMPILED]} are compiled nowhere, {total[trial.INVALID]} do not compile;"
            f" {time.monotonic() - self.start:.0f} s"
        )
        return total[trial.SURVIVES] == 0


def parse(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--lines")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--equivalent")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("files", nargs="+")
    return parser.parse_args(arguments)


def main(arguments):
    arguments = parse(arguments)
    types = mutations.types_of(headers_beside(arguments.files))
    changes = [change for path in arguments.files for change in changes_of(path, types)]
    entries = {key: n for key, n in read_equivalent(arguments.equivalent).items() if key[0] in arguments.files}
    keys = {change.key for change in changes}
    errors = [f"{arguments.equivalent}:{n}: no change is so: {key[1]}" for key, n in entries.items() if key not in keys]
    for change in changes:
        change.brief = arguments.quick or change.key in entries and not arguments.thorough
    changes = chosen(changes, arguments)
    if arguments.list:
        for change in changes:
            print(change)
        return bool(errors)
    with (
        open(os.path.join(arguments.build, "verdicts"), "w", encoding="utf-8") as log,
        tempfile.TemporaryDirectory(prefix="work-", dir=arguments.build) as work,
        multiprocessing.Pool(arguments.jobs, begin, [arguments.build, work]) as pool,
    ):
        report = Report(len(changes), entries, log)
        for change, verdict, noticed, seconds in pool.imap_unordered(judge, changes):
            if verdict is None:
                raise trial.Fault(noticed)
            report.take(change, verdict, noticed, seconds)
        pool.close()
        pool.join()
    good = report.table()
    for error in errors + report.errors:
        print(f"error: {error}")
    return 0 if good and not errors + report.errors else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that it tidies up
    try:
        sys.exit(main(sys.argv[1:]))
    except trial.Fault as fault:
        sys.exit(f"mutants.py: {fault}")
