# SPDX-License-Identifier: MIT
"""Checks a heap by the invariants of DESIGN.md, section 8, and goes on after each damage.

What cairn_check() finds is found here as well, under the same number and at the same address; and all that comes
after it. Besides: which free blocks prove themselves, and in which tiles the map is wrong.
"""
from __future__ import annotations

from collections import Counter
from typing import Iterable, NamedTuple

from .heap import FREE, RESERVED, SMALL, TILE, USED, Block, Heap, bin_of
from .memory import Unreadable
from .text import counted, spell


class Damage(NamedTuple):
    """What is wrong: the rule ("I5", "overrun", ...), the address at fault, and a sentence. The rule "unreadable" is
    no damage: it says what could not be checked."""

    rule: str
    address: int
    text: str


def used_granules(blocks: Iterable[Block]) -> int:
    """Granules of all blocks that are not free."""
    return sum(block.size for block in blocks if block.kind != FREE)


class Check:
    """`damages`, in the order in which cairn_check() looks for them."""

    def __init__(self, heap: Heap) -> None:
        self.heap = heap
        # Of each tile: granules where the map contradicts itself, or memory.
        self.wrong: Counter[int] = Counter()
        self.proven: dict[int, int] = {}      # free blocks that prove themselves: first granule and size
        self.listed: set[int] = set()         # first granules that are in a ring
        self.bins: dict[int, list[int]] = {}  # the blocks in the ring of each bin, as far as it can be followed
        frame = self._check_frame()
        used = self._check_used()
        self.sum_is_wrong = bool(used)
        rings = self._check_rings()
        self.damages = frame + self._check_blocks() + used + rings

    def _at(self, rule: str, i: int, text: str) -> Damage:
        return Damage(rule, self.heap.address(i), text)

    def _distrust(self, *granules: int) -> None:
        """The map's bits of these granules are wrong."""
        self.wrong.update(i // TILE for i in granules)

    def _name(self, i: int) -> str:
        if 0 < i < self.heap.first:
            return f"bin {i}"
        return f"{self.heap.address(i):#x}" if 0 < i <= self.heap.limit else f"granule {i}"

    # ---- I1: the frame ---------------------------------------------------------------------------

    def _check_frame(self) -> list[Damage]:
        damages = self._check_limit() + self._check_top()
        heap = self.heap
        stray = heap.map.any(0, min(heap.first, heap.limit)) + heap.map.any(heap.top + 1, heap.limit + 1)
        if stray:
            self._distrust(*stray)
            damages.append(self._at("I1", 0, "the map has bits on outside the blocks, for "
                                             f"{counted(len(stray), 'granule')}, the first at {self._name(stray[0])}"))
        return damages

    def _check_limit(self) -> list[Damage]:
        """The two copies of the limit must agree. Of those that are possible, the one by which the frame holds best is
        taken."""
        heap = self.heap
        if len(heap.limits) > 1:
            heap.take_limit(max(reversed(heap.limits), key=self._fit))
        if heap.stored_limit != heap.limit_again:
            text = (f"the limit is {heap.stored_limit}, and {heap.limit_again} where it is kept again; {heap.limit} is "
                    "taken")
        elif heap.limit != heap.stored_limit:
            text = (f"the limit is {heap.stored_limit}; the end of the heap's memory makes it {heap.limit}, which is "
                    "taken in its place")
        else:
            return []
        return [self._at("I1", 0, text)]

    def _fit(self, limit: int) -> int:
        """How well the frame holds by this limit."""
        heap = self.heap
        stored = heap.top
        heap.take_limit(limit)
        if self._framed():
            return 3
        self._find_top()
        fit = self._framed() + (used_granules(heap.map_blocks()) == heap.used)
        heap.top = stored
        return fit

    def _framed(self) -> bool:
        """Does the frame hold, by the limit that is taken now?"""
        heap = self.heap
        return (heap.first <= heap.top <= heap.limit and heap.map.is_live(heap.top) and
                heap.map.any(0, heap.first + 1)[:1] == [heap.first])

    def _check_top(self) -> list[Damage]:
        heap = self.heap
        if not heap.first <= heap.top <= heap.limit:
            damage = self._at("I1", 0, f"the top is {heap.top}; it must be from {heap.first} to {heap.limit}")
            self._find_top()
            return [damage]
        if heap.map.is_live(heap.top):
            return []
        stored, above = heap.top, heap.map.any(heap.top + 1, heap.limit + 1)
        self._distrust(stored)
        self._find_top()
        other = f"; {self._name(heap.top)} is taken for it" if heap.top != stored else ""
        text = f"the map has no sentinel at the top, {self._name(stored)}{other}"
        return [self._at("I1", 0 if above else stored, text)]

    def _find_top(self) -> None:
        """The top is wrong, or the sentinel gone: the last boundary may be the sentinel. The sum of used blocks
        decides."""
        heap = self.heap
        last = max(heap.map.bits(heap.map.bound, heap.first, heap.limit + 1), default=heap.first)
        candidates = [top for top in (heap.top, last) if heap.first <= top <= heap.limit]
        for top in candidates:
            heap.top = top
            if used_granules(heap.map_blocks()) == heap.used:
                return
        heap.top = last if heap.map.is_live(last) or not candidates else candidates[0]

    # ---- I10: the sum ------------------------------------------------------------------------------

    def _check_used(self) -> list[Damage]:
        used = used_granules(self.heap.map_blocks())
        if used == self.heap.used:
            return []
        return [self._at("I10", 0, f"the heap counts {self.heap.used} granules in use; the map has {used}")]

    # ---- I2 to I6: block by block ----------------------------------------------------------------

    def _check_blocks(self) -> list[Damage]:
        heap = self.heap
        damages: list[Damage] = []
        if heap.first < heap.top and not heap.map.bit(heap.map.bound, heap.first):
            damages.append(self._at("I2", heap.first, "no block begins where the first one must"))
            self._distrust(heap.first)
        for block in heap.map_blocks():
            damages += self._check_size(block)
            damages += self._check_inside(block)
            if block.kind == FREE:
                damages += self._check_free(block)
        return damages

    def _check_size(self, block: Block) -> list[Damage]:
        """I3."""
        heap, i = self.heap, block.i
        if block.kind == RESERVED and not heap.reserves:
            self._distrust(*range(i + 1, i + 1 + SMALL))
            return [self._at("I3", i, f"block of {block.size} granules with size 0 in the map, as a reserved one has; "
                                      "but sbrk() has not moved this heap's break")]
        size = heap.used_size(i)
        if block.kind != USED or size == block.size:
            return []
        self._distrust_size(block, size)
        return [self._at("I3", i, f"used block of {size} granules by its size in the map, of {block.size} by its "
                                  "boundary")]

    def _distrust_size(self, block: Block, size: int) -> None:
        """A used block's size and its boundary disagree: which bits are at fault?"""
        heap, end = self.heap, block.i + block.size
        other = block.i + size
        if block.size < size and other <= heap.top and heap.map.bit(heap.map.bound, other):
            self._distrust(*heap.map.bits(heap.map.bound, end, other))  # boundaries too many
        elif size < block.size and (heap.map.bit(heap.map.used, other) or heap.free_claim(other)):
            self._distrust(other)  # a boundary is gone
        else:
            self._distrust(*range(block.i + 1, block.i + 1 + SMALL))

    def _check_inside(self, block: Block) -> list[Damage]:
        """I4."""
        large = block.kind == USED and block.size > SMALL
        stray = self.heap.map.any(block.i + 1 + (SMALL if large else 0), block.i + block.size)
        if not stray:
            return []
        self._distrust(*stray)
        return [self._at("I4", block.i, f"the map has bits on inside the {block.kind} block of {block.size} granules, "
                                        f"for {len(stray)} of them, the first at {self._name(stray[0])}")]

    def _check_free(self, block: Block) -> list[Damage]:
        """I5 and I6."""
        heap, i, end = self.heap, block.i, block.i + block.size
        damages: list[Damage] = []
        try:
            damages += self._check_sizes(block)
        except Unreadable as error:
            damages.append(self._at("unreadable", i, f"{error}: what the free block keeps there is not checked"))
        if end == heap.top:
            damages.append(self._at("I6", i, "free block at the top: the top should be below it"))
        elif not heap.map.bit(heap.map.used, end):
            damages.append(self._at("I6", i, f"a free block follows at {self._name(end)}: the two should be one"))
        return damages

    def _check_sizes(self, block: Block) -> list[Damage]:
        """I5."""
        heap, i, end = self.heap, block.i, block.i + block.size
        size = heap.free_field(i, "size")
        tail = heap.free_field(end - 1, "tail")
        if size == tail == block.size:
            return []
        text = f"free block of {block.size * heap.granule} bytes: "
        claim = self.proven.get(i) or (heap.free_claim(i) if heap.is_linked(i) else 0)  # small numbers look like sizes
        if claim:
            self.proven[i] = claim
            more = claim > block.size
            self._distrust(*(heap.map.bits(heap.map.bound, end, i + claim) if more else [i + claim]))
            return [self._at("I5", i, f"{text}by what it keeps it has {claim * heap.granule}: the map is wrong here")]
        if i not in self.listed and self.sum_is_wrong:  # nothing but the map says that it is free
            self._distrust(i)
        if size != block.size:
            text += "its size at the start is overwritten; it begins "
            kept = heap.layout["free.size"] + heap.link
            return [self._at("I5", i, text + spell(heap.memory.read(heap.address(i), kept)))]
        text += "its size at the end is overwritten; it ends "
        return [self._at("I5", i, text + spell(heap.memory.read(heap.address(end) - 8, 8)))]

    # ---- I7 to I9: ring by ring --------------------------------------------------------------------

    def _check_rings(self) -> list[Damage]:
        heap, full = self.heap, 0
        damages: list[Damage] = []
        last = heap.layout["bins"] - 1
        for number in range(1, heap.first):
            damages += self._follow(number)
            full |= (heap.free_field(number, "next") != number) << last - number
        # A list that leads into memory which cannot be read may hold them all.
        cut = any(damage.rule == "unreadable" for damage in damages)
        lost = [block.i for block in heap.map_blocks()
                if block.kind == FREE and block.i not in self.listed and not cut]
        if lost:
            some = ", ".join(self._name(i) for i in lost[:4]) + (", ..." if len(lost) > 4 else "")
            damages.append(self._at("I7", 0, f"{counted(len(lost), 'free block')} in no list, or behind a broken link: "
                                             f"{some}"))
        wrong = [str(n) for n in range(last + 1) if (full ^ heap.nonempty) >> last - n & 1]
        if wrong:
            damages.append(self._at("I9", 0, "nonempty is wrong for bins " + ", ".join(wrong)))
        return damages

    def _follow(self, number: int) -> list[Damage]:
        """I7 and I8 of a bin's ring: from the bin on as long as what is come to may be one of its blocks; and if that
        does not lead back to the bin, against the links as far as they are proven."""
        heap, before = self.heap, number
        damages: list[Damage] = []
        blocks = self.bins[number] = []
        i = heap.free_field(number, "next")
        while i != number:
            try:
                found, next_ = self._check_listed(number, before, i)
            except Unreadable as error:
                found, next_ = [self._at("unreadable", i, f"{error}: the list of bin {number} ends here")], None
            damages += found
            if next_ is None:
                blocks += self._follow_back(number)
                return damages
            blocks.append(i)
            before, i = i, next_
        prev = heap.free_field(number, "prev")
        if prev != before:
            damages.append(self._at("I8", number, f"bin {number} has {self._name(prev)} for its last block, not "
                                                  f"{self._name(before)}"))
        return damages

    def _check_listed(self, number: int, before: int, i: int) -> tuple[list[Damage], int | None]:
        """I7 and I8 of what granule `before` names as next in the ring of a bin. Returns the damages, and what it names
        itself; None if that is not to be followed."""
        heap = self.heap
        link = f"the link of {self._name(before)}"
        if not heap.first <= i < heap.top:
            return [self._at("I7", before, f"{link} leads out of the blocks: granule {i} of {heap.top}")], None
        prev, next_, claim = heap.free_field(i, "prev"), heap.free_field(i, "next"), heap.free_claim(i)
        damages = self._check_member(number, before, i)
        fits = prev == before and bin_of(claim) == number
        stray = damages and not fits
        if prev != before:
            damages.append(self._at("I8", i, f"the backward link of this free block in bin {number} names "
                                             f"{self._name(prev)}, not {self._name(before)}"))
        if i in self.listed:
            return damages + [self._at("I7", before, f"{link} leads back to {self._name(i)}")], None
        self.listed.add(i)
        if fits:
            self.proven[i] = claim
        overwritten = not claim and prev != before
        return damages, None if stray or overwritten else next_

    def _check_member(self, number: int, before: int, i: int) -> list[Damage]:
        """I7 of the block at i, by the map."""
        heap = self.heap
        if not heap.map.is_free(i):
            return [self._at("I7", before, f"the link of {self._name(before)} leads to {self._name(i)}, where the map "
                                           "has no free block")]
        size = next(heap.map.bits(heap.map.bound, i + 1, heap.top), heap.top) - i
        if bin_of(size) != number:
            return [self._at("I7", i, f"in the list of bin {number}; its size by the map is bin {bin_of(size)}'s")]
        return []

    def _follow_back(self, number: int) -> list[int]:
        """The blocks behind a broken link, in their order: those from which proven links lead on to the bin."""
        heap, after = self.heap, number
        blocks: list[int] = []
        try:
            i = heap.free_field(number, "prev")
            while heap.first <= i < heap.top and i not in self.listed and heap.free_field(i, "next") == after:
                claim = heap.free_claim(i)
                if bin_of(claim) != number:
                    break
                self.proven[i] = claim
                self.listed.add(i)
                blocks.append(i)
                after, i = i, heap.free_field(i, "prev")
        except Unreadable:
            pass  # no more of them can be proven
        return blocks[::-1]
