# SPDX-License-Identifier: MIT
"""What is new and still live between two moments, by call stack.

    tools/cairn leaks TRACE [--from MOMENT] [--to MOMENT]
                                 two moments of a trace; TRACE@MOMENT TRACE@MOMENT is the same
    tools/cairn leaks TRACE TRACE
                                 two recordings of the same build, each at its end
    tools/cairn leaks A.bin@0x20000000 B.bin@0x20000000 --elf FIRMWARE.elf
                                 two images of RAM (of several parts: with commas), or cores
    tools/cairn leaks A.txt B.txt [--elf FIRMWARE.elf]
                                 two tables, as `cairn sites` or the firmware printed them

MOMENT is a number of operations, peak or end. Without --from a trace's beginning is taken, without --to its end: then
the list is what is live at the end.

new      bytes and blocks that are live at the second moment and were not at the first
growth   bytes of this stack that are live at the second moment, less those at the first
calls    requests of this stack in between that were served
oldest   the operation that the oldest of the new blocks is from: rows are in its order
kept     of the new blocks, those that the rest of the trace does not free

Stacks that did not grow have as much new as was freed: they are summed up (--all lists them).
"""
from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Iterable, Mapping, NamedTuple, Sequence, Union

from .callers import Callers
from .cli import add_skip, callers_of, parser_of
from .elf import Elf
from .firmware import CALLS, Firmware
from .host import Trace
from .identity import UNKNOWN, doubt_of, identified_heaps, judge_first
from .lines import lines_of
from .memory import Files, is_elf, read_file
from .stacks import Live, Listed, Stack, Stacks, asked_from, live_at, live_in, moment_of, root_of, rows_of
from .stacks import words as words_of
from .text import Problem, counted, group


class Image(NamedTuple):
    """A firmware's heaps at a moment: its live blocks by address, and calls that it has counted, None without."""

    blocks: dict[int, Live]
    calls: int | None


class Table(NamedTuple):
    """What is live by stack: bytes and blocks."""

    bytes: dict[Stack, int]
    blocks: dict[Stack, int]


class Moment(NamedTuple):
    """A trace after some operations."""

    trace: Trace
    at: int


Side = Union[Image, Table, Moment]


class Row:
    """What a stack has new."""

    def __init__(self) -> None:
        self.bytes = self.blocks = self.growth = self.calls = self.kept = 0
        self.places: list[int] = []


def warn(text: str) -> None:
    """Say something beside the result."""
    print(f"cairn leaks: {text}", file=sys.stderr)


# ---- The two sides -------------------------------------------------------------------------------------


def _split(word: str) -> tuple[str, str]:
    """A file, and what is behind its "@"; a file of that whole name comes first."""
    path, at, more = word.rpartition("@")
    return (word, "") if not at or os.path.exists(word) else (path, more)


class Reader:
    """Reads what the words name; a file that two of them name is read once."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._callers: Callers | None = callers_of(args.elf, args) if args.elf else None
        self._traces: dict[str, Trace] = {}
        self.doubted: set[str] = set()

    def read(self, word: str, moment: str) -> Side:
        """The side that a word names; of a trace, at that moment unless the word has one. Raises Problem."""
        path, at = _split(word)
        if at.startswith("0x") or "," in word or is_elf(path) or self._args.elf and at and not at.isdecimal():
            return self._image(word)
        data = read_file(path)
        rows = list(rows_of(data.decode("utf-8", "replace").splitlines())) if b"\0" not in data else []
        if rows and not at:
            return self._table(rows)
        if b"\0" in data:
            raise Problem(f"{word} is not text: name the address of its first byte, {path}@0x20000000, if it is an "
                          "image of RAM")
        return self._moment(path, at or moment)

    def _moment(self, path: str, at: str) -> Moment:
        if path not in self._traces:
            self._traces[path] = Trace(path)
            warning = self._traces[path].warning()
            if warning:
                warn(f"{path}: {warning}")
        trace = self._traces[path]
        return Moment(trace, moment_of(trace, at))

    def _table(self, rows: Iterable[Listed]) -> Table:
        table = Table({}, {})
        firmware = Firmware(Elf(self._args.elf), line=lines_of(self._args.elf),
                            callers=self._callers) if self._args.elf else None
        stacks = Stacks(self._args.skip, self._args.no_skip)
        for size, blocks, owner in rows:
            stack = stacks.of(owner)
            if firmware is not None and re.fullmatch(r"0x[0-9a-f]+( < 0x[0-9a-f]+)*", owner):
                stack = asked_from(firmware, [int(call, 16) for call in owner.split(" < ")])
            table.bytes[stack] = table.bytes.get(stack, 0) + size
            table.blocks[stack] = table.blocks.get(stack, 0) + blocks
        return table

    def _image(self, word: str) -> Image:
        """Of an image of RAM. A build that is not that of --elf is refused, by the name of the image."""
        if not self._args.elf:
            raise Problem(f"{word}: an image of RAM needs --elf, the firmware that runs in it")
        firmware = Firmware(Elf(self._args.elf), Files(word.split(",")).read, lines_of(self._args.elf), self._callers)
        try:
            heaps, verdict = identified_heaps(firmware, [], judge_first(firmware))
            if not heaps:
                raise Problem(firmware.no_heap())
            live, doubts = live_in(firmware, heaps)
        except Problem as problem:
            raise Problem(f"{word}: {problem}") from None
        if verdict.doubt:
            doubts.append(doubt_of(firmware, verdict))
        elif not verdict.proof:
            doubts.append(f"note: {UNKNOWN.format(self._args.elf)}")
        for doubt in doubts:
            warn(f"{word}: {doubt}")
        counts = firmware.counts()
        calls = sum(counts["calls"][kind] for kind in CALLS if kind != "free") if counts is not None else None
        return Image(live, calls)


# ---- What is new -----------------------------------------------------------------------------------------


def _grow(rows: dict[Stack, Row], live: Iterable[Live], sign: int) -> None:
    for block in live:
        rows.setdefault(block.stack, Row()).growth += sign * block.size


def of_blocks(before: dict[int, Live], after: dict[int, Live]) -> dict[Stack, Row]:
    """The new blocks by stack."""
    rows: dict[Stack, Row] = {}
    _grow(rows, before.values(), -1)
    _grow(rows, after.values(), 1)
    for key, block in after.items():
        if key not in before:
            row = rows[block.stack]
            row.bytes, row.blocks = row.bytes + block.size, row.blocks + 1
            row.places.append(block.where)
    return rows


def of_images(before: Image, after: Image) -> dict[Stack, Row]:
    """The same of two images. A block of the same place, size and stack is taken for the same block."""
    same = {start: block for start, block in before.blocks.items() if after.blocks.get(start) == block}
    rows = of_blocks(same, after.blocks)
    for row in rows.values():
        row.growth = 0
    _grow(rows, before.blocks.values(), -1)
    _grow(rows, after.blocks.values(), 1)
    return rows


def of_moments(before: Moment, after: Moment, stacks: Stacks) -> dict[Stack, Row]:
    """The same of two moments of one trace, with what was asked for in between."""
    trace = before.trace
    first, last = live_at(trace, before.at, stacks), live_at(trace, after.at, stacks)
    rows = of_blocks(first, last)
    for number in range(before.at, after.at):
        op = trace.ops[number]
        if op.kind != "f":
            root = root_of(trace, trace.op_tasks[number]) if trace.op_tasks else ()
            rows.setdefault(stacks.of(trace.sites[op.site]) + root, Row()).calls += 1
    freed = {op.block for op in trace.ops[after.at:] if op.kind == "f"}
    for block, live in last.items():
        if block not in first and block not in freed:
            rows[live.stack].kept += 1
    return rows


def of_tables(before: Table, after: Table) -> dict[Stack, Row]:
    """The growth by stack, where nothing is known of single blocks."""
    rows: dict[Stack, Row] = {}
    for stack in {**before.bytes, **after.bytes}:
        row = rows.setdefault(stack, Row())
        row.growth = after.bytes.get(stack, 0) - before.bytes.get(stack, 0)
        row.bytes = max(row.growth, 0)
        row.blocks = after.blocks.get(stack, 0) - before.blocks.get(stack, 0)
    return rows


def _table_of(moment: Moment, stacks: Stacks) -> Table:
    table = Table({}, {})
    for block in live_at(moment.trace, moment.at, stacks).values():
        table.bytes[block.stack] = table.bytes.get(block.stack, 0) + block.size
        table.blocks[block.stack] = table.blocks.get(block.stack, 0) + 1
    return table


def same_build(before: Trace, after: Trace) -> None:
    """Raise Problem if two recordings are of different builds; warn if that is not known."""
    if before.build and after.build and before.build != after.build:
        raise Problem(f"{before.path} and {after.path} are of different builds: {before.build} and {after.build}")
    if not before.build or not after.build:
        unnamed = before if not before.build else after
        warn(f"{unnamed.path} has no build id: whether both are of one build is not known")


# ---- The report ------------------------------------------------------------------------------------------


def _per_call(size: int, calls: int) -> str:
    return f"{size / calls:.1f}" if calls else "-"


def _print(rows: dict[Stack, Row], heads: Sequence[str], cells: Mapping[Stack, Sequence[str]], every: bool) -> None:
    """A row for each stack that grew, in the order of `cells`; the others summed up."""
    grown = [stack for stack in cells if rows[stack].growth > 0]
    others = [stack for stack in cells if rows[stack].growth <= 0 and rows[stack].blocks > 0]
    shown = grown + others if every else grown
    table = [list(heads)] + [list(cells[stack]) for stack in shown]
    widths = [max(len(line[n]) for line in table) for n in range(len(heads))]
    for line, stack in zip(table, ["stack", *map(words_of, shown)]):
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths)) + f"  {stack}")
    if others and not every:
        size, blocks = (sum(getattr(rows[stack], name) for stack in others) for name in ("bytes", "blocks"))
        print(f"  and {group(size)} new bytes in {counted(blocks, 'block')} of {counted(len(others), 'stack')} "
              "that did not grow")


def _total(rows: dict[Stack, Row]) -> str:
    new, blocks = (sum(getattr(row, name) for row in rows.values()) for name in ("bytes", "blocks"))
    return f"{group(new)} new bytes in {counted(blocks, 'block')}; all that is live grew by " \
           f"{group(sum(row.growth for row in rows.values()))}"


def show_moments(before: Moment, after: Moment, args: argparse.Namespace) -> None:
    """Print what is new between two moments of a trace, the oldest first."""
    trace, stacks = before.trace, Stacks(args.skip, args.no_skip)
    if before.at > after.at:
        raise Problem(f"the first moment, {before.at}, is later than the second one, {after.at}")
    rows = of_moments(before, after, stacks)
    print(f"{trace.name}: from {group(before.at)} to {group(after.at)} of {group(len(trace.ops))} operations: "
          f"{_total(rows)}")
    order = sorted(rows, key=lambda stack: (min(rows[stack].places, default=len(trace.ops) + 1), words_of(stack)))
    heads = ["new", "blocks", "kept", "growth", "calls", "growth/call", "oldest"]
    heads += ["time"] * bool(trace.times)
    cells = {}
    for stack in order:
        row = rows[stack]
        oldest = min(row.places, default=0)
        cells[stack] = [*map(group, (row.bytes, row.blocks, row.kept, row.growth, row.calls)),
                        _per_call(row.growth, row.calls), group(oldest) if oldest else "-"]
        if trace.times:
            cells[stack].append(group(trace.times[oldest - 1]) if oldest else "-")
    _print(rows, heads, cells, args.all)


def show_images(before: Image, after: Image, args: argparse.Namespace) -> None:
    """Print what is new in the second of two images, the most growth first."""
    rows = of_images(before, after)
    calls = after.calls - before.calls if before.calls is not None and after.calls is not None else None
    if calls is not None and calls < 0:
        raise Problem(f"the second image is older than the first one: {after.calls} calls are counted in it, "
                      f"{before.calls} in the first")
    heading = _total(rows)
    if calls is not None:
        heading += f", in {counted(calls, 'call')}: {_per_call(sum(row.growth for row in rows.values()), calls)} a call"
    print(heading)
    order = sorted(rows, key=lambda stack: (-rows[stack].growth, words_of(stack)))
    cells = {stack: [group(rows[stack].bytes), group(rows[stack].blocks), group(rows[stack].growth),
                     " ".join(f"{place:#x}" for place in sorted(rows[stack].places)[:2])
                     + (" ..." if len(rows[stack].places) > 2 else "")] for stack in order}
    _print(rows, ["new", "blocks", "growth", "at"], cells, args.all)


def show_tables(before: Table, after: Table, args: argparse.Namespace) -> None:
    """Print what grew between two tables of sites, the most first."""
    rows = of_tables(before, after)
    print(f"all that is live grew by {group(sum(row.growth for row in rows.values()))} bytes")
    order = sorted(rows, key=lambda stack: (-rows[stack].growth, words_of(stack)))
    cells = {stack: [group(rows[stack].growth), group(rows[stack].blocks), group(before.bytes.get(stack, 0)),
                     group(after.bytes.get(stack, 0))] for stack in order}
    _print(rows, ["growth", "blocks", "before", "after"], cells, args.all)


def show(before: Side, after: Side, names: Sequence[str], args: argparse.Namespace) -> None:
    """Print what is new on the second side. Raises Problem if the two are of different kinds, or builds."""
    if isinstance(before, Moment) and isinstance(after, Moment):
        if before.trace is after.trace:
            show_moments(before, after, args)
            return
        same_build(before.trace, after.trace)
        stacks = Stacks(args.skip, args.no_skip)
        before, after = _table_of(before, stacks), _table_of(after, stacks)
    if isinstance(before, Image) and isinstance(after, Image):
        show_images(before, after, args)
    elif isinstance(before, Table) and isinstance(after, Table):
        show_tables(before, after, args)
    else:
        kinds = {Image: "an image of RAM", Table: "a table of sites", Moment: "a trace"}
        raise Problem(f"{names[0]} is {kinds[type(before)]} and {names[1]} {kinds[type(after)]}: two of a kind are "
                      "compared")


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("leaks", __doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a trace; or two of a kind")
    parser.add_argument("--from", dest="first", metavar="MOMENT", help="of one trace (0)")
    parser.add_argument("--to", dest="second", metavar="MOMENT", help="of one trace (end)")
    parser.add_argument("--elf", metavar="FIRMWARE.elf", help="the firmware of the images")
    parser.add_argument("--all", action="store_true", help="list stacks that did not grow, too")
    add_skip(parser)
    args = parser.parse_args(words)
    if len(args.files) > 2:
        parser.error("two files are compared, no more")
    if len(args.files) == 2 and (args.first or args.second):
        parser.error("--from and --to are for one trace: two have their moments as TRACE@MOMENT")
    reader = Reader(args)
    if len(args.files) == 1:
        path = args.files[0]
        sides = [reader.read(path, args.first or "0"), reader.read(path, args.second or "end")]
        if not isinstance(sides[0], Moment) or _split(path)[1]:
            raise Problem(f"{path}: two are compared; one file alone is a trace, with --from and --to")
    else:
        sides = [reader.read(path, "end") for path in args.files]
    show(sides[0], sides[1], args.files[:1] * 2 if len(args.files) == 1 else args.files, args)
    return 0
