# SPDX-License-Identifier: MIT
"""Is an ELF file the one of the firmware whose memory, or whose records, are looked at?

An ELF file of another build has other addresses: functions, lines and blocks would be wrong without a sign of it.
Nothing in RAM names the build, so this looks for what memory and file both have:

    the build id         the note that the linker makes with --build-id, where that memory can be read
    the code             pieces of it, where that memory can be read: a live target, an image of the flash
    the callers          an address that malloc() was called from follows a call instruction
    the stack            and so do most addresses of code on it (Arm)
    initialized data     words of .data that name code or constants seldom change

Each is compared as far as it goes. A few differences, such as breakpoints in flash, do not make another build.
"""
from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple, Optional, Sequence

from .code import NOTE, SPECIAL, build_id, described, follows_call, is_code, loaded, number
from .elf import ALLOCATED, EM_ARM, EXECUTABLE, SHT_PROGBITS, WRITABLE, Elf
from .firmware import Firmware
from .heap import Heap
from .memory import Unreadable
from .text import Problem, counted

PIECES, PIECE = 16, 64           # of the code: how many are compared, and bytes in each
STACK = 2048                     # bytes of the stack that are looked at, from its start
STACK_TOPS = ("__stack_top", "_estack", "__StackTop", "__stack")
UNKNOWN = ("this memory does not show whether {} is the build that ran there: it has no code, no stack and no owners "
           "of blocks")


class Verdict(NamedTuple):
    """What was found: that it is another build, or doubt, or the proof that it is the same; each "" if not so."""

    other: str = ""
    doubt: str = ""
    proof: str = ""


# ---- What both have ----------------------------------------------------------------------------------


def _read(firmware: Firmware, address: int, size: int) -> bytes | None:
    try:
        return firmware.memory.direct(address, size)
    except Unreadable:
        return None


def _by_build_id(firmware: Firmware) -> Verdict:
    elf = firmware.elf
    section = next((section for section in elf.sections if section.name == NOTE), None)
    if section is None or not section.flags & ALLOCATED:
        return Verdict()
    seen = _read(firmware, section.address, section.size)
    if seen is None:
        return Verdict()
    here, there = build_id(elf).hex(), described(seen, elf).hex()
    if here == there:
        return Verdict(proof=f"build id {here}")
    return Verdict(other=f"its build id is {here}; that in memory is {there or 'none'}")


def _by_code(firmware: Firmware) -> Verdict:
    elf, places = firmware.elf, []
    for section in elf.sections:
        if section.flags & EXECUTABLE and section.kind == SHT_PROGBITS and section.size >= PIECE:
            step = max(section.size // PIECES, PIECE)
            places += list(range(section.address, section.address + section.size - PIECE + 1, step))[:PIECES]
    pieces = [(seen, loaded(elf, place, PIECE)) for place in places
              if (seen := _read(firmware, place, PIECE)) is not None]
    others = sum(seen != known for seen, known in pieces)
    if not pieces:
        return Verdict()
    if others * 4 > len(pieces):
        return Verdict(other=f"of {len(pieces)} pieces of its code, {others} are others in memory")
    return Verdict(proof="code")


def _by_data(firmware: Firmware) -> Verdict:
    """Words of .data that name what is not writable."""
    elf, width = firmware.elf, firmware.pointer_size
    constant = [(section.address, section.address + section.size) for section in elf.sections
                if section.flags & ALLOCATED and not section.flags & WRITABLE and section.size]
    low = min((start for start, _ in constant), default=0) + 0x100  # the vectors; and small numbers, where code is at 0
    same = all_ = 0
    for section in elf.sections:
        if not section.flags & ALLOCATED or not section.flags & WRITABLE or section.kind != SHT_PROGBITS:
            continue
        seen = _read(firmware, section.address, section.size)
        known = elf.content(section)
        for at in range(0, len(known) - width + 1 if seen is not None else 0, width):
            value = firmware.memory.value(known[at:at + width])
            if value >= low and any(start <= value < end for start, end in constant):
                all_ += 1
                same += seen is not None and seen[at:at + width] == known[at:at + width]
    if all_ < 4:
        return Verdict()
    if same * 2 < all_:
        return Verdict(other=f"of {all_} words of its initialized data that name code or constants, memory has {same}")
    return Verdict(proof="initialized data") if same * 4 > all_ * 3 else Verdict()


def _stack_top(elf: Elf) -> int:
    """Where the main stack begins: by a symbol, or by the first word of the vectors; 0 if that is not known."""
    named = next(filter(None, map(elf.value, STACK_TOPS)), 0)
    if named or not elf.segments:
        return named
    return number(elf, loaded(elf, min(address for address, _, _ in elf.segments), 4))


def _by_stack(firmware: Firmware) -> Verdict:
    """Addresses of code on the stack are those that calls return to, or of functions."""
    elf, top = firmware.elf, _stack_top(firmware.elf)
    if elf.machine != EM_ARM or top < STACK:
        return Verdict()
    data = next(filter(None, (_read(firmware, top - size, size) for size in (STACK, STACK // 2, STACK // 8))), b"")
    words = {firmware.memory.value(data[at:at + 4]) for at in range(0, len(data) - 3, 4)}
    low = min((section.address for section in elf.sections if section.flags & EXECUTABLE), default=0) + 0x100
    code = {word for word in words if word & 1 and word >= low and is_code(elf, word)}
    known = {word for word in code if follows_call(elf, word) or _begins_function(elf, word)}
    if len(code) < 4:
        return Verdict()
    if len(known) * 3 < len(code):
        return Verdict(other=f"of {len(code)} addresses of code on the stack, {len(known)} follow a call or are "
                             "functions")
    return Verdict(proof="stack") if len(known) * 3 > len(code) * 2 else Verdict()


def _begins_function(elf: Elf, address: int) -> bool:
    function = elf.function(address - 1)
    return function is not None and function.value == address - 1


def by_callers(elf: Elf, callers: Iterable[int]) -> Verdict:
    """By addresses that calls of the heap are said to return to."""
    all_ = sorted({caller for caller in callers if 0 < caller and (caller < SPECIAL or elf.wide)})
    strange = [caller for caller in all_ if not follows_call(elf, caller)]
    if not elf.is_firmware or not all_:
        return Verdict()
    if not strange:
        return Verdict(proof="callers") if len(all_) > 1 else Verdict()
    text = (f"of {counted(len(all_), 'place')} that called the heap, {len(strange)} "
            f"{'follows' if len(strange) == 1 else 'follow'} no call in its code, such as {strange[0]:#x}")
    return Verdict(other=text) if len(strange) * 2 > len(all_) else Verdict(doubt=text)


# ---- The verdict ---------------------------------------------------------------------------------------


def heap_elsewhere(firmware: Firmware) -> str:
    """Where a heap lies in memory that this firmware does not have there, in words; "" if none does. A private heap in
    a variable is one that it has."""
    region = firmware.region()
    starts = [section.address for section in firmware.elf.sections
              if section.flags & ALLOCATED and section.flags & WRITABLE]
    if region is None or not starts or not firmware.elf.is_firmware:
        return ""
    low, high = min(starts), region[0] + 65536
    data = _first_part(firmware, low, high - low)
    layout, granule = firmware.layout, firmware.layout["granule"]
    link, again = layout["index.bits"] // 8, layout["heap.limit_again"] - layout["heap.limit"]
    for at in range(layout["heap.limit"], len(data) - again - link, granule):
        if data[at:at + link] != data[at + again:at + again + link] or not any(data[at:at + link]):
            continue
        handle = low + at - layout["heap.limit"]
        owner = firmware.elf.object(handle)
        if owner is None and _is_heap(firmware, handle):
            return f"a heap lies at {handle:#x}, where this firmware has none"
    return ""


def _first_part(firmware: Firmware, start: int, size: int) -> bytes:
    """Memory from `start` on, as much of `size` bytes as can be read."""
    parts: list[bytes] = []
    for at in range(start, start + size, 1024):
        part = _read(firmware, at, min(1024, start + size - at))
        if part is None:
            break
        parts.append(part)
    return b"".join(parts)


def _is_heap(firmware: Firmware, handle: int) -> bool:
    try:
        heap = Heap(firmware.layout, firmware.memory, handle, "")
    except Problem:
        return False
    frame = heap.first <= heap.top <= heap.limit and heap.map.is_live(heap.top)
    return frame and heap.map.any(0, heap.first + 1)[:1] == [heap.first]


def callers_in(firmware: Firmware, heaps: Iterable[Heap]) -> Iterator[int]:
    """Addresses that a memory says the heap was called from: of sound blocks, and of the sites."""
    for site in firmware.sites() or ():
        yield site.caller
    for heap in heaps:
        for block in heap.map_blocks():
            try:
                trailer = heap.trailer(block) if heap.is_whole(block) else None
            except Unreadable:
                continue
            if trailer is not None:
                yield firmware.calls_of(trailer[1])[0]


def judge(firmware: Firmware, callers: Optional[Iterable[int]] = None) -> Verdict:
    """Of the ELF file and a memory. The build id decides, then the code; otherwise the first that contradicts."""
    if not firmware.elf.is_firmware:
        return Verdict(proof="a host's program")
    for verdict in (_by_build_id(firmware), _by_code(firmware)):
        if verdict != Verdict():
            return verdict
    return _together([by_callers(firmware.elf, callers or ()), _by_stack(firmware), _by_data(firmware)])


def _together(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    for field in ("other", "doubt", "proof"):
        for verdict in found:
            if getattr(verdict, field):
                return verdict
    return Verdict()


def _refuse(firmware: Firmware, why: str) -> Problem:
    """What to end with: the ELF file is of another build."""
    return Problem(f"{firmware.elf.path} is not the build in this memory: {why}. Take the ELF file that was linked for "
                   "the firmware that ran there")


def doubt_of(firmware: Firmware, verdict: Verdict) -> str:
    """What is to be said where the ELF file is used all the same."""
    return f"{firmware.elf.path} may be of another build: {verdict.doubt}"


def judge_first(firmware: Firmware) -> Verdict:
    """The verdict before any heap is looked at. Raises Problem if it is another build."""
    verdict = judge(firmware)
    if verdict.other:
        raise _refuse(firmware, verdict.other)
    return verdict


def identified_heaps(firmware: Firmware, handles: Sequence[int], first: Verdict) -> tuple[list[Heap], Verdict]:
    """The heap with the handle that is given, or all that the firmware knows of; and the verdict with what is in them.
    Raises Problem if it is another build, or there is no heap at the handle."""
    try:
        heaps = [firmware.heap_at(handles[0])] if handles else firmware.heaps()
        why = ""
    except Problem as problem:
        heaps, why = [], str(problem)
    if not heaps and not first.proof and not handles:
        elsewhere = heap_elsewhere(firmware)
        if elsewhere:
            raise _refuse(firmware, elsewhere)
    if why:
        raise Problem(why if first.proof or handles else f"{why}; or {firmware.elf.path} is of another build than this "
                                                         "memory")
    verdict = first if first.proof else judge(firmware, callers_in(firmware, heaps))
    if verdict.other:
        raise _refuse(firmware, verdict.other)
    return heaps, verdict
