# SPDX-License-Identifier: MIT
"""The computed bound of each image, beside what was measured and what is allowed.

    bound.py --budget FILE [--jobs N] [--strict] CORE/OPTIMIZATION=IMAGE...
    bound.py --measure IMAGE        what a firmware measures: function, instructions

Prints, tab-separated, for each function of each image: core and optimization; the function; instructions
computed (tools/cairn bound) and measured (bench/worst.c, of which the image is), and the budget; cycles;
then instructions with interrupts off, the budget, and cycles. The last row of an image, `any`, is the longest
of all. "-" is a figure that there is not. Fails if a bound is above its budget, or below what was measured.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import re
import subprocess
import sys
from typing import Iterator, Optional, Sequence


# Instructions and cycles, and the same with interrupts off; None is a figure that there is not.
Numbers = Sequence[Optional[int]]
Row = tuple[str, str, Numbers]  # the core, the function
Limits = Sequence[Optional[int]]
Budget = dict[tuple[str, str], Limits]

HEAD = "core function instructions measured budget cycles off budget cycles".split()


def read_budget(path: str) -> Budget:
    """(core, function) -> instructions in all and with interrupts off, None where there is no limit."""
    budget: Budget = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if len(words) not in (0, 4):
                sys.exit(f"bound: {path}:{number}: not a core, a function and two numbers")
            if words:
                budget[words[0], words[1]] = [None if word == "-" else int(word) for word in words[2:]]
    return budget


def compute(images: Sequence[str], jobs: int, strict: bool) -> list[Row]:
    """Rows of cairn bound: core, function, four numbers. Leaves with its words if it refuses one."""
    command = ["tools/cairn", "bound", "--rows", "--jobs", str(jobs), *(["--strict"] if strict else [])]
    done = subprocess.run([*command, *images], capture_output=True, text=True, check=False)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    refused = [f"bound: {row[0]}: {row[1]}: {row[6]}\n" for row in rows if row[6]]
    if refused or done.returncode:
        sys.exit("".join(refused) + done.stderr.rstrip())
    return [(row[0], row[1], [int(word) if word != "-" else None for word in row[2:6]]) for row in rows]


def board(image: str, name: str) -> str:
    """What boards/<board>/board.mk says, of the board that the image's path names."""
    folder = re.search(r"/([^/]+)/bound/", image)
    if folder is None:
        sys.exit(f"bound: {image}: the path names no board")
    path = f"boards/{folder[1]}/board.mk"
    with open(path, encoding="utf-8") as file:
        found = re.search(rf"^{name} *:= *([^ #\n]*)", file.read(), re.M)
    return found[1] if found is not None else sys.exit(f"bound: {path} has no {name}")


def measure(image: str) -> dict[str, int]:
    """What the firmware says: function -> instructions. Time goes eight times as slowly as in other tests, so
    that no instruction is lost where ticks are rounded."""
    done = subprocess.run(
        ["qemu-system-arm", "-machine", board(image, "MACHINE"), "-kernel", image,
         "-icount", f"shift={int(board(image, 'ICOUNT')) + 3}", "-chardev", "stdio,id=console",
         "-semihosting-config", "enable=on,chardev=console,arg=bound",
         "-display", "none", "-monitor", "none", "-serial", "none"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        sys.exit(f"bound: {image}: {done.stdout}{done.stderr}")
    return {name: int(value) for name, value in re.findall(r"^result: (\w+) (\d+)$", done.stdout, re.M)}


def check(numbers: Numbers, found: int | None, limits: Limits) -> Iterator[str]:
    """What is wrong with a row, in words."""
    total, off = numbers[0] or 0, numbers[2] or 0
    allowed, allowed_off = limits
    if found is not None and found > total:
        yield f"{found} instructions were measured, above the {total} computed"
    if allowed is not None and total > allowed:
        yield f"{total} instructions, above the budget of {allowed}"
    if allowed_off is not None and off > allowed_off:
        yield f"{off} instructions with interrupts off, above the budget of {allowed_off}"


def longest_off(rows: Sequence[Numbers]) -> Numbers:
    """The numbers of the row `any`: the longest with interrupts off."""
    off_cycles = None if rows[0][3] is None else max(numbers[3] or 0 for numbers in rows)
    return [0, None, max(numbers[2] or 0 for numbers in rows), off_cycles]


def print_rows(rows: Sequence[Row], measured: dict[str, dict[str, int]], budget: Budget) -> list[str]:
    """Print the table; returns what is wrong with it."""
    wrong: list[str] = []
    print(*HEAD, sep="\t")
    for core, function, numbers in rows:
        found, limits = measured[core].get(function), budget.pop((core, function), (None, None))
        wrong += [f"{core}: {function}: {what}" for what in check(numbers, found, limits)]
        total, cycles, off, off_cycles = numbers
        shown = [total or None, found, limits[0], cycles, off, limits[1], off_cycles]
        print(core, function, *("-" if value is None else value for value in shown), sep="\t")
    return wrong + [f"{core}: {function}: a budget for what there is not" for core, function in budget
                    if core in measured]


def main() -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--budget")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--strict", action="store_true", help="a fact that no image needs is an error")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("images", nargs="+")
    args = parser.parse_args()
    if args.measure:
        for name, value in measure(args.images[0]).items():
            print(name, value)
        return 0
    budget = read_budget(args.budget)
    named = [image.rpartition("=")[::2] for image in args.images]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        measured = dict(zip((core for core, _ in named), pool.map(measure, (path for _, path in named))))
    rows = compute(args.images, args.jobs, args.strict)
    rows += [(core, "any", longest_off([row[2] for row in rows if row[0] == core])) for core in measured]
    rows.sort(key=lambda row: list(measured).index(row[0]))
    wrong = print_rows(rows, measured, budget)
    for what in wrong:
        print(f"bound: {what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
