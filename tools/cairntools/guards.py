# SPDX-License-Identifier: MIT
"""Checks what is kept with each block and in free memory: canaries and fill with CAIRN_CHECK=2, trailers also
with CAIRN_SITES. allocator/watch/guard.c. "overrun" and "write after free" are I11 and I12 of DESIGN.md, section 8.
"""
from __future__ import annotations

from typing import Iterable, Iterator

from .check import Damage
from .heap import FREE, HELD, USED, Block, Heap
from .memory import Unreadable
from .text import spell


def check_guards(heap: Heap, blocks: Iterable[Block]) -> Iterator[Damage]:
    """Yields the damages. A block that is in doubt is left out: what it should keep is not known."""
    for block in blocks:
        try:
            if block.kind == USED and heap.trailed and not block.doubt:
                yield from _check_used(heap, block)
            elif block.kind == HELD and not block.doubt:
                yield from _check_held(heap, block)
            elif block.kind == FREE and heap.guarded and not block.doubt:
                yield from _check_free(heap, block)
        except Unreadable as error:
            yield Damage("unreadable", heap.address(block.i), f"{error}: this block's bytes are not checked")
    if heap.guarded:
        yield from _check_above(heap)


def _first_other(data: bytes, byte: int) -> int | None:
    """Where the first byte is that differs; None if all are equal."""
    return next((n for n, value in enumerate(data) if value != byte), None)


def _check_used(heap: Heap, block: Block) -> Iterator[Damage]:
    """The trailer; and the canary, from the end of what was asked for up to it."""
    start, size = heap.extent(block)
    end, trailer = start + size, heap.trailer(block)
    if trailer is None:
        low = end - heap.layout["trailer.bytes"]
        yield Damage("overrun", low, f"the trailer of the used block at {start:#x} is overwritten: it is now "
                                     f"{spell(heap.memory.read(low, end - low))}")
        return
    low = start + trailer[0]
    data = heap.memory.read(low, end - heap.layout["trailer.bytes"] - low)
    bad = _first_other(data, heap.layout["canary"])
    if heap.guarded and bad is not None:
        yield Damage("overrun", low + bad, f"byte {bad + 1} past the end of the block of {trailer[0]} bytes at "
                                           f"{start:#x} is written: {spell(data[bad:bad + 8])}")


def _check_held(heap: Heap, block: Block) -> Iterator[Damage]:
    """All of a block in the quarantine: its bytes, which are filled, and its canary."""
    start, size = heap.extent(block)
    asked = (heap.trailer(block) or (0, 0))[0]
    data = heap.memory.read(start, size - heap.layout["trailer.bytes"])
    bad = _first_other(data[:asked], heap.layout["fill"])
    if bad is None:
        canary = _first_other(data[asked:], heap.layout["canary"])
        bad = None if canary is None else asked + canary
    if bad is not None:
        yield Damage("write after free", start + bad, f"byte {bad} of the block of {asked} bytes at {start:#x}, which "
                                                      f"was freed and is held, is written: {spell(data[bad:bad + 8])}")


def _check_free(heap: Heap, block: Block) -> Iterator[Damage]:
    """All of a free block but its links and size, and its size again at its end."""
    start, size = heap.extent(block)
    skip = heap.layout["free.size"] + heap.link
    data = heap.memory.read(start + skip, size - skip - heap.link)
    bad = _first_other(data, heap.layout["fill"])
    if bad is not None:
        yield Damage("write after free", start + skip + bad, f"byte {skip + bad} of the free block of {size} bytes at "
                                                             f"{start:#x} is written: {spell(data[bad:bad + 8])}")


def _check_above(heap: Heap) -> Iterator[Damage]:
    """All that is above the top."""
    start, size = heap.address(heap.top), (heap.limit - heap.top) * heap.granule
    try:
        data = heap.memory.read(start, size)
    except Unreadable as error:
        yield Damage("unreadable", start, f"{error}: what is above the top is not checked")
        return
    bad = _first_other(data, heap.layout["fill"])
    if bad is not None:
        yield Damage("write after free", start + bad, "a byte above the top, where no block is, is written: "
                                                      f"{spell(data[bad:bad + 8])}")
