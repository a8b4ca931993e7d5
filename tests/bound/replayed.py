# SPDX-License-Identifier: MIT
"""Compares what the replay of traces measures with what tools/cairn bound computes of the same image.

    replayed.py OPTION... TRACE...      the options of bench/replay.py; --libc has tests/bound/stub.o in it

Of each kind of call the longest is printed, and what it may not be longer than. What the replay measures
beside the call, its BL and its arguments, is found by the same measure of functions that do nothing.
"""
import argparse
import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "bench")
import replay  # noqa: E402

FUNCTIONS = {"m": "malloc", "c": "calloc", "r": "realloc", "a": "memalign", "f": "free"}
EVERY_KIND = "m 0 8\nr 0 8\nf 0\nc 1 8\nf 1\na 2 16 8\nf 2\n"


def computed(image):
    """Instructions of each function's longest path."""
    entries = [word for name in FUNCTIONS.values() for word in ("--entry", name)]
    command = ["tools/cairn", "bound", "--rows", *entries, image]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"replayed: {image}: {done.stdout}{done.stderr}")
    return {row.split("\t")[1]: int(row.split("\t")[2]) for row in done.stdout.splitlines()}


def longest(args, image, trace, into):
    """Raise what is measured of each function in a replay of the trace."""
    record = os.path.join(args.build, "costs")
    replay.qemu(args, image, trace, record)
    with open(record, "rb") as records:
        for kind, cost in struct.iter_unpack("<cI", records.read()):
            name = FUNCTIONS.get(kind.decode())  # the first request is apart, and named otherwise
            if name:
                into[name] = max(into.get(name, 0), cost)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("emulator", "machine", "icount", "build", "link", "cairn", "libc"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("traces", nargs="+")
    args = parser.parse_args()
    args.icount = str(int(args.icount) + 3)  # slower, so that no instruction is lost where ticks are rounded
    image = replay.linked(args, "stub", None)
    trace = os.path.join(args.build, "every-kind.trace")
    with open(trace, "w", encoding="ascii") as file:
        file.write(EVERY_KIND)
    beside, found = {}, {}
    longest(args, image, trace, beside)
    for name, instructions in computed(image).items():
        beside[name] -= instructions
    for trace in args.traces:
        image = replay.linked(args, "cairn", 2 * replay.peak_live(trace))
        longest(args, image, trace, found)
    wrong = False
    for name, bound in computed(image).items():
        if name in found:
            print(f"{name}: {found[name] - beside[name]} measured, {bound} computed")
            wrong |= found[name] - beside[name] > bound
    missing = {"malloc", "calloc", "realloc", "free"} - found.keys()
    return 1 if wrong or missing else 0


sys.exit(main())
