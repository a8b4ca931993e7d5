# SPDX-License-Identifier: MIT
"""Says of a damaged heap what its blocks are, and of each block whether it can be otherwise.

The map and the free blocks say the same twice. A free block that its bin's list and its own two sizes prove
is one, whatever the map says, if the sum of all used blocks (I10) does not prove the map right; a used block is
proven by a trailer that fits. What nothing proves but the map is uncertain where the map contradicts itself.
"""
from __future__ import annotations

import bisect
from typing import Iterable, Iterator, Sequence

from .check import Check, used_granules
from .guards import check_guards
from .heap import FREE, HELD, RESERVED, SMALL, TILE, UNKNOWN, USED, Block, Heap
from .memory import Unreadable

OVERWRITE = 16  # tiles, of 8 bytes: an overwrite that two wrong tiles may be the ends of


class Survey:
    """All that can be found out of a heap: `damages` in the order of DESIGN.md, `blocks` from the lowest address
    up, `bins`: the blocks in the ring of each bin, as far as it can be followed."""

    def __init__(self, heap: Heap, guards: bool = False) -> None:
        self.heap = heap
        check = Check(heap)
        self.bins, self.proven, self._wrong = check.bins, check.proven, check.wrong
        self._sum_is_wrong = check.sum_is_wrong
        fixed = self._fixed(check.sum_is_wrong)
        self._suspect = self._suspects()
        self.blocks = [block._replace(kind=HELD) if heap.is_held(block) else block
                       for block in self._doubt(self._blocks(fixed), fixed)]
        self.damages = check.damages + (list(check_guards(heap, self.blocks)) if guards else [])
        self.faults = [damage for damage in self.damages if damage.rule != "unreadable"]
        self.unread = [damage.address for damage in self.damages if damage.rule == "unreadable"]

    # ---- The blocks --------------------------------------------------------------------------------

    def _fixed(self, sum_is_wrong: bool) -> dict[int, int]:
        """The free blocks that are certain, in order: where each begins and ends."""
        fixed: dict[int, int] = {}
        end = self.heap.first
        for i, size in sorted(self.proven.items()):
            if i >= end and (self.heap.map.is_free(i) or sum_is_wrong):
                fixed[i] = end = i + size
                if not self.heap.map.is_free(i):
                    self._wrong[i // TILE] += 1
        return fixed

    def _blocks(self, fixed: dict[int, int]) -> Iterator[Block]:
        """The blocks by the map, with those put in its place."""
        heap, low = self.heap, list(fixed)
        kinds = {block.i: block.kind for block in heap.map_blocks()}

        def is_inside(i: int) -> bool:
            n = bisect.bisect_left(low, i) - 1
            return n >= 0 and i < fixed[low[n]]

        found = {heap.first, *kinds, *fixed, *fixed.values()}
        starts = sorted(i for i in found if i < heap.top and not is_inside(i))
        for i, end in zip(starts, starts[1:] + [heap.top]):
            kind = FREE if i in fixed else kinds.get(i, UNKNOWN)
            if kind == RESERVED and not heap.reserves:
                kind = UNKNOWN
            yield Block(i, end - i, kind, "")

    # ---- The doubt ---------------------------------------------------------------------------------

    def _suspects(self) -> set[int]:
        """The tiles where the map is not believed: of one that has more than a bit or two wrong, the tiles beside
        it as well, for an overwrite seldom ends with a tile; all between two that are not far apart; and those beside
        them that hold one byte again and again, which a fill or a text leaves."""
        wrong = sorted(self._wrong)
        near = {t + step for t, n in self._wrong.items() for step in (-1, 0, 1) if step == 0 or n > 2}
        for low, high in zip(wrong, wrong[1:]):
            if high - low <= OVERWRITE:
                near |= set(range(low, high + 1))
        tiles = range(self.heap.limit // TILE + 1)
        if not near and self._sum_is_wrong:
            return {t for t in tiles if self._is_uniform(t)}
        for step in (-1, 1):
            for t in sorted(near, reverse=step < 0):
                while t + step in tiles and self._is_uniform(t + step) and t + step not in near:
                    t += step
                    near.add(t)
        return near & set(tiles)

    def _is_uniform(self, t: int) -> bool:
        """Does one of the tile's two words hold one byte again and again, which is not 0?"""
        words = self.heap.map.bound[t], self.heap.map.used[t]
        return any(word == (word & 0xff) * 0x01010101 != 0 for word in words)

    def _doubt(self, found: Iterable[Block], fixed: dict[int, int]) -> list[Block]:
        """The blocks, with the doubt that there is. As long as the count of granules in use (I10) says that a block
        that is not in doubt is wrong, the doubt is carried farther."""
        blocks = list(found)
        trailers = [self._has_trailer(block) for block in blocks]
        self._cut = any(there is None for there in trailers)
        if self.heap.trailed and any(block.kind == USED and there is False for block, there in zip(blocks, trailers)):
            # Something is wrong: then a trailer whose owner can be none is none, either.
            trailers = [there and self._has_owner(block) for block, there in zip(blocks, trailers)]
        proven = {block.i for block, there in zip(blocks, trailers) if there and self._is_proven(block)} | set(fixed)
        bare = self._bare(blocks, trailers)
        tiles = self.heap.limit // TILE + 1
        while True:
            judged = [block if block.i in proven else self._judge(block, bare) for block in blocks]
            certain = used_granules(block for block in judged if not block.doubt)
            most = certain + sum(block.size for block in judged if block.doubt)
            if certain <= self.heap.used <= most or not self._suspect or len(self._suspect) >= tiles:
                return judged
            self._suspect = {t + step for t in self._suspect for step in (-1, 0, 1) if 0 <= t + step < tiles}

    def _judge(self, block: Block, bare: set[int]) -> Block:
        """The block, with the doubt that there is of one that nothing proves but the map."""
        heap, i, end = self.heap, block.i, block.i + block.size
        large = block.kind == USED and block.size > SMALL
        if block.kind == UNKNOWN:
            return block._replace(doubt="the map has no block that begins here, or none of this size")
        if large and heap.used_size(i) != block.size:
            return block._replace(doubt="the map has two sizes for it")
        if i in bare:
            return block._replace(doubt="neither this block nor one beside it ends in a trailer")
        if large:
            return block
        tiles = {i // TILE, end // TILE} if block.kind == RESERVED else set(range(i // TILE, end // TILE + 1))
        if tiles & self._suspect:
            return block._replace(doubt="the map is damaged here")
        if block.kind == USED and heap.trailed and (self._suspect or self._sum_is_wrong):
            return block._replace(doubt="the map is damaged elsewhere, and no trailer proves this block")
        return block

    def _bare(self, blocks: Sequence[Block], trailers: Sequence[bool | None]) -> set[int]:
        """Used blocks without a trailer, side by side: one may be overrun, two are more likely none."""
        bare = [self.heap.trailed and block.kind == USED and there is False for block, there in zip(blocks, trailers)]
        beside = zip(blocks, bare, [False] + bare, bare[1:] + [False])
        return {block.i for block, this, below, above in beside if this and (below or above)}

    def _has_trailer(self, block: Block) -> bool | None:
        """Does the block end in a trailer? None if that cannot be read."""
        try:
            return self.heap.trailer(block) is not None
        except Unreadable:
            return None

    def _has_owner(self, block: Block) -> bool:
        """Can what the block's trailer says of its owner be one? Of other blocks than used ones nothing is said."""
        trailer = self.heap.trailer(block)
        return trailer is None or self.heap.is_owner(trailer[1])

    def _is_proven(self, block: Block) -> bool:
        """Is what the block ends in no accident? Any word of 0 in a live block looks like a trailer of size 0."""
        try:
            return self.heap.is_sound(block)
        except Unreadable:
            return False

    # ---- Memory that is not there --------------------------------------------------------------------

    def ends_at(self) -> tuple[int, int] | None:
        """Where the heap's memory ends that can be read, and where what should be there ends: its blocks, or all of it.
        None if nothing was missing."""
        heap = self.heap
        if not self.unread and not self._cut:
            return None
        low, top, limit = (heap.address(i) for i in (heap.first, heap.top, heap.limit))
        for high in (top, limit):
            end = self._first_unreadable(low, high)
            if end is not None:
                return end, high
        return min(self.unread, default=low), top

    def _first_unreadable(self, low: int, high: int) -> int | None:
        """The first address that cannot be read, from `low` up to `high`; None if all can."""
        step = 1024
        good = next((at - step for at in range(low + step, high, step) if not self._can_read(at)), None)
        if good is None:
            if high <= low or self._can_read(high - 1):
                return None
            good = low + (high - 1 - low) // step * step
        if not self._can_read(low):
            return low
        bad = min(good + step, high - 1)
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._can_read(middle) else (good, middle)
        return bad

    def _can_read(self, address: int) -> bool:
        try:
            return bool(self.heap.memory.direct(address, 1))
        except Unreadable:
            return False

    # ---- Where the map was overwritten ---------------------------------------------------------------

    def smashed(self) -> Iterator[tuple[int, int, int, int]]:
        """Tiles that are wrong, in runs: where their words are, from and to; and which memory they describe, from
        and to."""
        heap = self.heap
        runs: list[list[int]] = []
        for t in sorted(t for t in self._wrong if t <= heap.limit // TILE):
            if runs and runs[-1][-1] == t - 1:
                runs[-1].append(t)
            else:
                runs.append([t])
        for run in runs:
            first, last = run[0], run[-1]
            yield (heap.tile(last), heap.tile(first) + heap.layout["tile.size"], heap.address(first * TILE),
                   heap.address((last + 1) * TILE))
