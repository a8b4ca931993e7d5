# SPDX-License-Identifier: MIT
"""Turns the records of a firmware built with CAIRN_TRACE=1 into a trace.

    tools/cairn trace FILE --elf FIRMWARE.elf -o NAME.trace
    tools/cairn trace IMAGE --ram-at 0x20000000 --elf FIRMWARE.elf -o NAME.trace

FILE holds the words as extras/trace_semihosting.c writes them; IMAGE is RAM, with the ring of
extras/trace_ring.c in it. What the words are: allocator/watch/trace.c. The trace runs wherever those of
tests/traces do. Lines that begin with '#' are no operations:

    # at FUNCTION FILE:LINE     who called, from here on, until the next such line; " < " and who that was inlined into,
                                and with CAIRN_TRACE_STACK who called that, as far as it was recorded
    # time 4711                 the time stamp of what follows, with CAIRN_TRACE_TIME
    # task NAME                 the task that makes the calls which follow, with CAIRN_TRACE_TASK; "interrupt 15"
    # refused: m 4096           a call that gave NULL: it changed nothing, and is not replayed

The header says how the calls of a stack were found: by CFI, which proves them, or by words that follow a call, some of
which a call that has returned may have left. It counts the records that were lost: then the trace is a part of the run,
and no tool takes it for the whole.
"""
from __future__ import annotations

import bisect
import contextlib
import os
import struct
import sys
from collections import Counter
from typing import Iterable, Iterator, NamedTuple, Sequence, TextIO, Tuple

from .cli import add_skip, address, callers_of, parser_of
from .code import build_id, plausible_calls
from .elf import Elf
from .firmware import Firmware
from .identity import by_callers
from .lines import lines_of
from .memory import read_file
from .text import Problem, counted
from .unwind import Call, Unwinder

MALLOC, CALLOC, ALIGNED, REALLOC, FREE = range(5)
LETTERS = "mcarf"
LENGTHS = (4, 4, 4, 5, 3)  # words of a record, by kind
BUILD, BUILD_LENGTH = 5, 5  # the record of the build id: extras/trace_build.h
CONTEXT, HAS_TIME, HAS_TASK, HAS_NAME, NAME_WORDS = 6, 1 << 8, 1 << 9, 1 << 10, 4  # allocator/watch/trace.c
EXCEPTIONS = 512  # PORT_EXCEPTIONS: below it a task is the number of an interrupt's exception
NUMBER_BITS = 24


# ---- The firmware ----------------------------------------------------------------------------------


def numbers(firmware: Firmware, data: bytes, offset: int, count: int) -> tuple[int, ...]:
    """`count` words as wide as the firmware's pointers."""
    form = "Q" if firmware.elf.wide else "I"
    return struct.unpack_from(f"{firmware.elf.order}{count}{form}", data, offset)


Stack = Tuple[int, ...]  # return addresses, the caller's first


def places(firmware: Firmware, stacks: Iterable[Stack]) -> dict[Stack, str]:
    """By return addresses: "function file:line" of each, as far as the ELF file says; where it was inlined, also those
    that it was inlined into, after " < "."""
    return {stack: " < ".join(" ".join(filter(None, frame)) for frame in firmware.stack(stack)) for stack in stacks}


# ---- Records ---------------------------------------------------------------------------------------


class Context(NamedTuple):
    """What came with a record."""

    time: int | None = None
    task: int | None = None
    name: str = ""
    calls: Sequence[Call] = ()


def context_of(words: Sequence[int], place: int) -> Context:
    """The context of these words, at `place`. Raises Problem if they are none."""
    flags, rest = words[0], list(words[1:])
    fixed = bool(flags & HAS_TIME) + bool(flags & HAS_TASK) + NAME_WORDS * bool(flags & HAS_NAME)
    many = len(rest) - fixed
    count = many * 4 // 5  # n addresses have (n + 3) / 4 words with where they are
    if many < 0 or count + (count + 3) // 4 != many or flags >> 11:
        raise Problem(f"the context at word {place} has {counted(len(rest), 'word')}, which is not what its first word "
                      "says: it is damaged, or a word before it is")
    time = rest.pop(0) if flags & HAS_TIME else None
    task = rest.pop(0) if flags & HAS_TASK else None
    name = b"".join((word & 0xffffffff).to_bytes(4, "little") for word in rest[:NAME_WORDS * bool(flags & HAS_NAME)])
    addresses, where = rest[len(rest) - many:len(rest) - many + count], rest[len(rest) - many + count:]
    calls = [Call(address, where[n // 4] >> 8 * (n % 4) & 0xff) for n, address in enumerate(addresses)]
    return Context(time, task, name.split(b"\0")[0].decode("utf-8", "replace"), calls)


class Record:
    """One call: its words as allocator/watch/trace.c writes them, its number, and what came with it."""

    def __init__(self, number: int, words: Sequence[int], context: Context = Context()) -> None:
        self.context = context
        self.stack: Stack = (words[1],)
        first, self.caller, self.pointer = words[:3]
        self.number = number
        self.kind = first & 7
        self.alignment = 1 << (first >> 3 & 31)
        self.size = words[3] if self.kind != FREE else 0
        self.moved = words[4] if self.kind == REALLOC else self.pointer
        self.inside = 0  # of a realloc that moved its block: records of calls that interrupted it

    @property
    def refused(self) -> bool:
        """Did the call give NULL?"""
        return self.kind != FREE and self.moved == 0

    def text(self, slot: int | None) -> str:
        """The operation as a line of a trace; with None, without its slot."""
        words: list[str | int] = [LETTERS[self.kind]]
        words += [slot] if slot is not None else []
        words += [self.alignment] * (self.kind == ALIGNED) + [self.size] * (self.kind != FREE)
        return " ".join(map(str, words))


class Recorded(NamedTuple):
    """What a firmware recorded: words of records, and of the record of its build id, if there is one."""

    words: Sequence[int]
    build: bytes = b""


def build_of(words: Sequence[int]) -> bytes:
    """The build id of its record (extras/trace_build.h): its first 16 bytes; empty if it is not one."""
    if len(words) < BUILD_LENGTH or words[0] != BUILD:
        return b""
    return b"".join((word & 0xffffffff).to_bytes(4, "little") for word in words[1:BUILD_LENGTH])


def file_words(path: str, firmware: Firmware) -> Recorded:
    """The words of a file that trace_semihosting.c has written."""
    data, width = read_file(path), firmware.pointer_size
    if len(data) % width:
        report(f"{counted(len(data) % width, 'byte')} at the end of {path} are no word")
    words = numbers(firmware, data, 0, len(data) // width)
    build = build_of(words)
    return Recorded(words[BUILD_LENGTH:], build) if build else Recorded(words)


def ring_words(path: str, base: int, firmware: Firmware) -> Recorded:
    """The words of cairn_trace_ring in an image of the RAM from address `base` on, oldest first."""
    elf, width = firmware.elf, firmware.pointer_size
    ring = elf.symbol("cairn_trace_ring")
    if ring is None:
        raise Problem(f"{elf.path} has no cairn_trace_ring: extras/trace_ring.c is not linked")
    at, data = ring.value - base, read_file(path)
    head = struct.Struct(elf.order + "3I" + "4x" * (width == 8))
    if at < 0 or at + head.size > len(data):
        raise Problem(f"the ring, at {ring.value:#x}, is not in the image: {base:#x} to {base + len(data):#x}")
    size, first, number = head.unpack_from(data, at)
    if first >= size or number > size or at + head.size + size * width > len(data):
        raise Problem(f"at {ring.value:#x} there is no ring: size {size}, first {first}, count {number}")
    words = numbers(firmware, data, at + head.size, size)
    end = head.size + size * width
    has_build = ring.size >= end + BUILD_LENGTH * width and at + end + BUILD_LENGTH * width <= len(data)
    build = build_of(numbers(firmware, data, at + end, BUILD_LENGTH)) if has_build else b""
    return Recorded([words[(first + i) % size] for i in range(number)], build)


def check_build(firmware: Firmware, recorded: Recorded, found: Sequence[Record], any_caller: bool) -> None:
    """Raise Problem if the ELF file is not of the firmware that recorded: by the build id, or by the callers."""
    elf = firmware.elf
    other = (f"{elf.path} is not the build that recorded these calls: {{}}. Take the ELF file that was linked for that "
             "firmware")
    own = build_id(elf)[:16]
    if recorded.build and own and recorded.build != own:
        raise Problem(other.format(f"its build id is {own.hex()}, theirs {recorded.build.hex()}"))
    verdict = by_callers(elf, {record.caller for record in found})
    if recorded.build and own or any_caller:
        if verdict.other or verdict.doubt:
            report(verdict.other or verdict.doubt)
    elif verdict.other:
        raise Problem(other.format(verdict.other) + "; or give --any-caller, if the program passes callers of its own "
                                                    "(cairn_malloc_for)")
    elif verdict.doubt:
        raise Problem(f"{verdict.doubt}: {elf.path} is of another build, or the records are damaged. Take the ELF file "
                      "that was linked for that firmware; or give --any-caller, if the program passes callers of its "
                      "own (cairn_malloc_for)")


def check_record(record: Record, first: int, place: int, granule: int) -> None:
    """Raise Problem if its words do not fit each other: then one of them, or one before, is damaged. `first` is its
    first word, the one at `place`."""
    pointers = [record.pointer, record.moved]
    if record.kind != ALIGNED and first >> 3 & 31:
        what = "an alignment, which this kind of call has not"
    elif any(pointer % granule for pointer in pointers):
        what = f"a pointer that is no multiple of {granule}"
    elif record.kind in (FREE, REALLOC) and record.pointer == 0:
        what = "no block that it frees or resizes"
    elif record.kind == ALIGNED and record.moved % record.alignment:
        what = f"a block at {record.moved:#x}, which is not aligned to {record.alignment}"
    elif not record.refused and record.kind != FREE and record.size >= 1 << 31:
        what = f"{record.size} bytes that were served"
    else:
        return
    raise Problem(f"the record at word {place} has {what}: it is damaged, or a word before it is")


def records(words: Sequence[int], granule: int) -> list[Record]:
    """The records, as they came. Raises Problem where a word is not what it must be."""
    found: list[Record] = []
    i = last = 0
    context = Context()
    while i < len(words):
        kind = words[i] & 7
        if kind == CONTEXT:
            end = i + 1 + (words[i] >> 3 & 31)
            if end >= len(words):
                report("the last record is cut off")
                break
            context = context_of(words[i:end], i)
            i = end
            continue
        if kind >= len(LENGTHS):
            raise Problem(f"word {i} is not the first one of a record: {words[i]:#x}")
        if i + LENGTHS[kind] > len(words):
            report("the last record is cut off")
            break
        # The number with these bits that is nearest to the record before.
        half = 1 << (NUMBER_BITS - 1)
        number = last + ((words[i] >> 8 & (2 * half - 1)) - last + half) % (2 * half) - half
        found.append(Record(number, words[i:i + LENGTHS[kind]], context))
        context = Context()
        check_record(found[-1], words[i], i, granule)
        i, last = i + LENGTHS[kind], number
    return found


def follow(found: Sequence[Record], elf: Elf, unwinder: Unwinder) -> tuple[int, int]:
    """Give each record the calls that led to it. Returns how many have some, and of how many CFI has found them all."""
    known: dict[tuple[int, Sequence[Call]], tuple[list[int], bool]] = {}
    with_calls = by_cfi = 0
    for record in found:
        if record.context.calls:
            key = record.caller, tuple(record.context.calls)
            if key not in known:
                calls, proven = unwinder.chain(*key)
                known[key] = calls if proven else plausible_calls(elf, (record.caller, *calls))[1:], proven
            calls, proven = known[key]
            record.stack = (record.caller, *calls)
            with_calls, by_cfi = with_calls + 1, by_cfi + proven
    return with_calls, by_cfi


def in_order(came: Sequence[Record]) -> list[Record]:
    """Sorted by number: in the order in which the heap changed. A record that came after ones with higher
    numbers is of a call that these interrupted. A realloc that moves its block takes its number with the new
    place, and frees the old one later, so that these may not have found it free."""
    highest = -1
    for record in came:
        if record.kind == REALLOC and record.moved not in (0, record.pointer):
            record.inside = max(0, highest - record.number)
        highest = max(highest, record.number)
    ordered = sorted(came, key=lambda record: record.number)
    for before, after in zip(ordered, ordered[1:]):
        if before.number == after.number:
            raise Problem(f"there are two records of number {after.number}: more than one run of the firmware")
    return ordered


# ---- Slots -----------------------------------------------------------------------------------------


class Slots:
    """Live blocks by address, each in the slot that the trace calls it by."""

    def __init__(self) -> None:
        self.slots: dict[int, int] = {}
        self.sizes: dict[int, int] = {}
        self.count = 0  # of slots that were ever taken
        self._starts: list[int] = []
        self._ends: dict[int, int] = {}
        self._unused: list[int] = []

    def __contains__(self, pointer: int) -> bool:
        return pointer in self.slots

    def overlapping(self, pointer: int, size: int) -> list[int]:
        """Starts of live blocks that have a byte of these."""
        i = bisect.bisect_right(self._starts, pointer) - 1
        if i < 0 or self._ends[self._starts[i]] <= pointer:
            i += 1
        found = []
        while i < len(self._starts) and self._starts[i] < pointer + max(size, 1):
            found.append(self._starts[i])
            i += 1
        return found

    def add(self, pointer: int, size: int, slot: int | None = None) -> int:
        """A block is live; without a slot, it gets the one that was given up last. Returns its slot."""
        if slot is None:
            slot = self._unused.pop() if self._unused else self.count
            self.count = max(self.count, slot + 1)
        bisect.insort(self._starts, pointer)
        self._ends[pointer], self.slots[pointer], self.sizes[pointer] = pointer + max(size, 1), slot, size
        return slot

    def remove(self, pointer: int) -> int:
        """A block is no more at this address. Returns its slot, which is still in use."""
        self._starts.pop(bisect.bisect_left(self._starts, pointer))
        del self._ends[pointer], self.sizes[pointer]
        return self.slots.pop(pointer)

    def free(self, pointer: int) -> int:
        """A block has ended. Returns its slot, which may be taken again."""
        slot = self.remove(pointer)
        self._unused.append(slot)
        return slot


# ---- The trace -------------------------------------------------------------------------------------


class Writer:
    """Operations as lines of a trace, and what is to be said of them. `places` has the words for each stack."""

    def __init__(self, places: dict[Stack, str]) -> None:
        self.slots, self.places = Slots(), places
        self.lines: list[str] = []
        self.ops = self.peak = self.largest = 0
        self.refused: list[Record] = []
        self.unborn = self.undead = 0  # blocks whose beginning, or end, is not recorded
        self._said = {"at": "", "time": "", "task": ""}  # the last line of each
        self._names: dict[int, str] = {}
        self._live = 0

    def _line(self, record: Record, text: str) -> None:
        context = record.context
        self._say("time", str(context.time) if context.time is not None else "")
        self._say("task", self._task(context))
        self._say("at", self.places[record.stack])
        self.lines.append(text)

    def _say(self, what: str, text: str) -> None:
        if text and text != self._said[what]:
            self.lines.append(f"# {what} {text}")
            self._said[what] = text

    def _task(self, context: Context) -> str:
        """What it is called; "" if no task was recorded."""
        if context.task is None:
            return ""
        if context.task < EXCEPTIONS:
            return f"interrupt {context.task}" if context.task else "none"
        if context.name:
            self._names[context.task] = " ".join(context.name.split())
        return self._names.get(context.task, f"{context.task:#x}")

    def _op(self, record: Record, text: str) -> None:
        self._line(record, text)
        self.ops += 1
        self.peak = max(self.peak, self._live)

    def _end(self, record: Record, pointer: int) -> None:
        self._live -= self.slots.sizes[pointer]
        self._op(record, f"f {self.slots.free(pointer)}")

    def _begin(self, record: Record, slot: int | None = None) -> int:
        """The record's block is live from here on. What lies there has ended, unrecorded."""
        for pointer in self.slots.overlapping(record.moved, record.size):
            self.undead += 1
            self._end(record, pointer)
        self._live += record.size
        self.largest = max(self.largest, record.size)
        return self.slots.add(record.moved, record.size, slot)

    def add(self, record: Record) -> None:
        """Write the record."""
        if record.refused:
            known = record.kind == REALLOC and record.pointer in self.slots
            self._line(record, "# refused: " + record.text(self.slots.slots[record.pointer] if known else None))
            self.refused.append(record)
        elif record.kind == FREE and record.pointer in self.slots:
            self._end(record, record.pointer)
        elif record.kind == FREE:
            self.unborn += 1
        elif record.kind != REALLOC:
            self._op(record, record.text(self._begin(record)))
        elif record.pointer not in self.slots:
            self.unborn += 1
            record.kind = MALLOC
            self._op(record, record.text(self._begin(record)))
        else:
            self._live -= self.slots.sizes[record.pointer]
            self._op(record, record.text(self._begin(record, self.slots.remove(record.pointer))))


def write(file: TextIO, writer: Writer, name: str, source: str, region: tuple[int, int] | None,
          lost: tuple[int, int], build: bytes, stacks: tuple[int, int]) -> None:
    """The trace, with the heap's region and the numbers of lost records in its header."""
    print(f"# name: {name}", file=file)
    print(f"# source: {source}", file=file)
    if build:
        print(f"# build: {build.hex()}", file=file)
    if region is not None:
        print(f"# heap_start: {region[0]:#x}  heap_size: {region[1] - region[0]}", file=file)
    print(f"# ops: {writer.ops}  slots: {writer.slots.count}  peak_live_bytes: {writer.peak}  "
          f"max_size: {writer.largest}", file=file)
    print(f"# lost_before: {lost[0]}  lost_between: {lost[1]}", file=file)
    if stacks[0]:
        print(f"# stacks: {stacks[0]}  by_cfi: {stacks[1]}  by_words: {stacks[0] - stacks[1]}", file=file)
    for line in writer.lines:
        print(line, file=file)


# ---- What is said of it ----------------------------------------------------------------------------


def report(text: str) -> None:
    """Say something beside the trace."""
    print(f"cairn trace: {text}", file=sys.stderr)


def report_lost(ordered: Sequence[Record]) -> tuple[int, int]:
    """Say which numbers there are. Returns how many are missing: before the first one, and between others."""
    first, last = ordered[0].number, ordered[-1].number
    between = last - first + 1 - len(ordered)
    report(f"{counted(len(ordered), 'record')}, numbers {first} to {last}: {first} lost before, {between} between")
    return first, between


def report_refused(writer: Writer) -> None:
    """Say which requests were refused, the most frequent first."""
    if writer.refused:
        report(f"{counted(len(writer.refused), 'request')} refused; replayed without")
    refusals: Counter[str] = Counter()
    for record in writer.refused:
        refusals[f"{writer.places[record.stack]}: {record.text(None)}"] += 1
    for key, count in refusals.most_common(10):
        report(f"  {count} x {key}")
    if len(refusals) > 10:
        report(f"  and {len(refusals) - 10} others: lines '# refused:' of the trace")


def report_doubts(ordered: Sequence[Record], writer: Writer, region: tuple[int, int] | None, lost: int) -> None:
    """Say why a replay may not be the run. `lost` records are missing."""
    if lost or writer.unborn or writer.undead:
        report(f"{counted(writer.unborn, 'block')} whose beginning, and {writer.undead} whose end was not recorded")
        report("a replay does not have the firmware's map, nor its peak")
    inside = sum(record.inside > 0 for record in ordered)
    if inside:
        report(f"{counted(inside, 'realloc')} moved a block with calls of interrupts inside: a replay may place these "
               "elsewhere")
    if region is not None:
        outside = sum(not region[0] <= record.moved < region[1] for record in ordered if record.moved != 0)
        if outside:
            report(f"{counted(outside, 'record')} of blocks outside the system heap; a replay has all blocks in one")


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("trace", __doc__)
    parser.add_argument("file", help="the words of the records; with --ram-at, an image of the RAM")
    parser.add_argument("--elf", required=True, help="the firmware that recorded them")
    parser.add_argument("--ram-at", metavar="ADDRESS", type=address,
                        help="FILE is the RAM from this address on: take the ring in it")
    add_skip(parser)
    parser.add_argument("--any-caller", action="store_true",
                        help="take records whose caller follows no call: another build's, or those of cairn_malloc_for")
    parser.add_argument("--name", help="in the trace's first line (the output's)")
    parser.add_argument("-o", "--output", metavar="TRACE", help="(standard output)")
    args = parser.parse_args(words)
    firmware = Firmware(Elf(args.elf), line=lines_of(args.elf), callers=callers_of(args.elf, args))
    recorded = file_words(args.file, firmware) if args.ram_at is None else ring_words(args.file, args.ram_at, firmware)
    granule = firmware.layout["granule"] if firmware.elf.has_layout() else 8
    try:
        ordered = in_order(records(recorded.words, granule))
    except Problem as problem:
        raise Problem(f"{args.file}: {problem}") from None
    if not ordered:
        raise Problem(f"{args.file} holds no record")
    check_build(firmware, recorded, ordered, args.any_caller)
    stacks = follow(ordered, firmware.elf, Unwinder(args.elf, firmware.pointer_size))
    writer = Writer(places(firmware, {record.stack for record in ordered}))
    for record in ordered:
        writer.add(record)
    lost = report_lost(ordered)
    report_refused(writer)
    report_doubts(ordered, writer, firmware.region(), sum(lost))
    if writer.ops == 0:
        raise Problem(f"{args.file} holds no operation that can be replayed: it has {counted(len(ordered), 'record')}, "
                      "none of them a request that was served. Record from the program's start, or with a larger ring "
                      "(CAIRN_TRACE_WORDS)")
    name = args.name or os.path.basename(args.output or args.file).split(".")[0]
    with output(args.output) as file:
        write(file, writer, name, f"recorded by {os.path.basename(args.elf)}, CAIRN_TRACE=1", firmware.region(), lost,
              recorded.build, stacks)
    return 0


@contextlib.contextmanager
def output(path: str | None) -> Iterator[TextIO]:
    """The file to write to; standard output without a path."""
    if path is None:
        yield sys.stdout
        return
    with open(path, "w", encoding="utf-8") as file:
        yield file
