# SPDX-License-Identifier: MIT
"""Who holds memory, by call stack: at a moment of a trace, in an image of RAM, in a table of sites.

A stack is what a trace has behind "# at", and what the tools say of an owner: the function that asked, with the line of
its call, then who called it, and so on.
"""
from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Sequence

from .callers import Callers
from .code import plausible_calls
from .firmware import Firmware
from .heap import USED, Block, Heap
from .host import Trace
from .lines import Frame
from .memory import Unreadable
from .survey import Survey
from .text import Problem, counted

Stack = tuple[Frame, ...]  # the innermost function first

UNKNOWN: Stack = (("unknown", ""),)
NO_OWNERS = "blocks do not keep their owners: build the library with CAIRN_CHECK=2 or CAIRN_SITES"


class Live(NamedTuple):
    """A live block: bytes that were asked for, and by which stack; in a trace, the operation that it is from, in an
    image its address."""

    size: int
    stack: Stack
    where: int


# ---- Stacks in words -----------------------------------------------------------------------------------


def _frame(text: str) -> Frame:
    """One function of a stack: "name file:line", or "name (file:line)" as the tools print it."""
    found = re.fullmatch(r"(.*) \(([^()]+:\d+)\)|(.*) (\S+:\d+)", text)
    if found is None:
        return text, ""
    return found[1] or found[3] or "", found[2] or found[4]


def stack_of(text: str) -> Stack:
    """The stack that a text names, as "f a.c:1 < g b.c:2". In a name of C++ " < " can be inside parentheses."""
    parts: list[str] = []
    for part in text.split(" < "):
        if parts and parts[-1].count("(") != parts[-1].count(")"):
            parts[-1] += " < " + part
        else:
            parts.append(part)
    return tuple(_frame(part) for part in parts) if text else UNKNOWN


def words(stack: Stack) -> str:
    """The stack as a trace has it."""
    return " < ".join(" ".join(filter(None, frame)) for frame in stack)


class Stacks:
    """The stacks of texts, each looked at once; without the wrappers at their beginning, unless `wrappers` is true."""

    def __init__(self, skip: Sequence[str] = (), wrappers: bool = False) -> None:
        self._skip, self._wrappers = list(skip), wrappers
        self._known: dict[str, Stack] = {}

    def of(self, text: str) -> Stack:
        """The stack that the text names."""
        if text not in self._known:
            self._known[text] = tuple(Callers.kept(stack_of(text), self._skip, not self._wrappers))
        return self._known[text]


# ---- A trace ---------------------------------------------------------------------------------------------


def peak_of(trace: Trace) -> int:
    """Operations up to the one after which the most bytes are live."""
    live = most = best = 0
    sizes: dict[int, int] = {}
    for number, op in enumerate(trace.ops, 1):
        live += op.size - sizes.get(op.block, 0)
        sizes[op.block] = op.size
        if live > most:
            most, best = live, number
    return best


def moment_of(trace: Trace, text: str) -> int:
    """The moment that a word names, as a number of operations. Raises Problem."""
    if text in ("end", "peak"):
        return len(trace.ops) if text == "end" else peak_of(trace)
    if not re.fullmatch(r"[0-9]+", text) or int(text) > len(trace.ops):
        raise Problem(f"{text} is not a moment of {trace.path}: 0 to {len(trace.ops)}, peak or end")
    return int(text)


def live_at(trace: Trace, at: int, stacks: Stacks) -> dict[int, Live]:
    """What is live after `at` operations, by number of the block. Tasks, if the trace has them, are the roots."""
    live: dict[int, tuple[int, int, int, int]] = {}
    for number, op in enumerate(trace.ops[:at]):
        born = live.pop(op.block, (0, 0, 0, number + 1))[3]
        if op.kind != "f":
            task = trace.op_tasks[number] if trace.op_tasks else 0
            live[op.block] = op.size, op.site, task, born
    return {block: Live(size, stacks.of(trace.sites[site]) + root_of(trace, task), born)
            for block, (size, site, task, born) in live.items()}


def root_of(trace: Trace, task: int) -> Stack:
    """What a task adds to a stack."""
    return ((f"task {trace.tasks[task]}", ""),) if task else ()


# ---- An image of RAM ---------------------------------------------------------------------------------------


def owner_of(firmware: Firmware, address: int) -> Stack:
    """The stack of an owner that a block keeps."""
    frames = firmware.frames(address)
    if not frames:
        return (((f"{address:#x}", ""),) if address else UNKNOWN)
    return tuple(frames)


def asked_from(firmware: Firmware, calls: Sequence[int]) -> Stack:
    """The stack of these calls, as a firmware has printed them: the owner, and what led to it."""
    if len(calls) == 1:
        return owner_of(firmware, calls[0])
    return tuple(firmware.stack(plausible_calls(firmware.elf, calls)))


def live_in(firmware: Firmware, heaps: Sequence[Heap]) -> tuple[dict[int, Live], list[str]]:
    """The live blocks of the heaps, by address; and what makes the list doubtful, as sentences. Raises Problem if
    blocks do not keep their owners."""
    if not any(heap.trailed for heap in heaps):
        raise Problem(NO_OWNERS)
    live: dict[int, Live] = {}
    doubts: list[str] = []
    for heap in heaps:
        survey, left_out = Survey(heap), 0
        for block in survey.blocks:
            trailer = _trailer(heap, block) if block.kind == USED and not block.doubt else None
            if trailer is not None:
                start, _ = heap.extent(block)
                live[start] = Live(trailer[0], owner_of(firmware, trailer[1]), start)
            else:
                left_out += block.kind == USED
        if survey.faults:
            doubts.append(f"{heap.name} is DAMAGED: {counted(len(survey.faults), 'fault')}; `cairn image` lists them")
        if left_out:
            doubts.append(f"{heap.name}: {counted(left_out, 'block')} without a known owner left out")
    return live, doubts


def _trailer(heap: Heap, block: Block) -> tuple[int, int] | None:
    try:
        return heap.trailer(block)
    except Unreadable:
        return None


# ---- A table of sites ----------------------------------------------------------------------------------------


class Listed(NamedTuple):
    """What a table of sites says of one: live bytes and blocks."""

    size: int
    blocks: int
    owner: str


# As `cairn sites` prints it: bytes, blocks, the peak if there is one, the owner; and examples/debugging/report.c.
_PRINTED = re.compile(r" *(\d+) +(\d+)(?: +\d+)? {2,}(\S.*)")
_REPORTED = re.compile(r" *(\d+) bytes in (\d+) blocks?, at most \d+, from (\S.*)")


def rows_of(lines: Sequence[str]) -> Iterator[Listed]:
    """The rows of a table of sites among lines of text."""
    for line in lines:
        found = _PRINTED.fullmatch(line.rstrip()) or _REPORTED.fullmatch(line.rstrip())
        if found:
            yield Listed(int(found[1]), int(found[2]), found[3])
