# SPDX-License-Identifier: MIT
"""Reads a heap as it lies in memory: its control data, its map, its blocks, who owns them.

Nothing here knows where memory comes from: a debugger, a core or an image of RAM. Words are those of
DESIGN.md; the firmware's own ELF file says what is where (elf.py). Layout 2 means besides:
a tile is the two words of 32 granules, granule 0 their most significant bit; tile t is t tiles below the
handle, and the last one is that of the limit; a used block of more than 31 granules has its size in the 31
used bits after its first. Bin b is granule b, with the links of a free block, and a ring of blocks leads from
it through all of them back to it.
"""
from __future__ import annotations

from typing import Callable, Iterator, NamedTuple, Sequence

from .memory import Memory, Unreadable
from .text import Problem

TILE = 32   # granules
SMALL = 31  # granules of the largest used block whose size is read from the bound bits alone
REACH = {16: 0x10000, 32: 0x7fffffff}  # granules in a heap at most, its control data included, by bits of an index
USED, FREE, RESERVED, UNKNOWN = "used", "free", "reserved", "unknown"
HELD = "held"  # freed, and in the quarantine: used by the map


class Block(NamedTuple):
    """A block: its first granule, its size in granules, its kind; `doubt` says why it may be otherwise, "" if not."""

    i: int
    size: int
    kind: str
    doubt: str


def bin_of(size: int) -> int:
    """The bin of a block of so many granules, two bins to a doubling."""
    first = size.bit_length() - 1
    return 2 * first - 2 + (size << 1 >> first) if size > 1 else size


def bin_floor(number: int) -> int:
    """The smallest size in a bin."""
    return (2 + number % 2 << number // 2) >> 1


def limit_of(total: int, granule: int, tile_size: int) -> int:
    """The limit of a heap of so many granules: a tile of the map serves 32, and the sentinel needs a bit."""
    served = TILE * granule // tile_size  # granules that the map serves with one of its own
    return total - (total + served + 1 - TILE) // (served + 1)


def map_granules(limit: int, granule: int, tile_size: int) -> int:
    """Granules below the handle that the map takes."""
    return (limit // TILE * tile_size + granule - 1) // granule


def first_granule(limit: int) -> int:
    """The first granule that can be a block's: the bins below it are enough for the largest block."""
    return bin_of(limit) + 1


class Map:
    """Two bits for each granule. Bit i of `bound` and of `used` is granule i's."""

    def __init__(self, bound: Sequence[int], used: Sequence[int]) -> None:
        self.bound, self.used = [*bound, 0], [*used, 0]

    @staticmethod
    def bit(words: Sequence[int], i: int) -> int:
        """The bit of granule i."""
        return words[i // TILE] >> TILE - 1 - i % TILE & 1

    @staticmethod
    def bits(words: Sequence[int], start: int, end: int) -> Iterator[int]:
        """The granules from `start` up to `end` whose bit is on."""
        for t in range(start // TILE, (end + TILE - 1) // TILE):
            word = words[t]
            while word:
                i = (t + 1) * TILE - word.bit_length()
                word ^= 1 << word.bit_length() - 1
                if start <= i < end:
                    yield i

    @staticmethod
    def window(words: Sequence[int], i: int) -> int:
        """The 32 bits from granule i on, its own the most significant."""
        return (words[i // TILE] << TILE | words[i // TILE + 1]) >> TILE - i % TILE & 0xffffffff

    def any(self, start: int, end: int) -> list[int]:
        """The granules from `start` up to `end` that have a bit on."""
        return sorted({*self.bits(self.bound, start, end), *self.bits(self.used, start, end)})

    def is_live(self, i: int) -> bool:
        """Does a used block begin at granule i, or is it the sentinel?"""
        return bool(self.bit(self.bound, i) and self.bit(self.used, i))

    def is_free(self, i: int) -> bool:
        """Does a free block begin at granule i?"""
        return bool(self.bit(self.bound, i) and not self.bit(self.used, i))

    def used_size(self, i: int, top: int) -> int:
        """Granules in the used block at i, below the top, as the map has it; 0 if it is a reserved one. A block that
        ends in the tile that it begins in is not a large one."""
        bound = self.window(self.bound, i) << 1 & 0xffffffff
        if bound:
            return TILE + 1 - bound.bit_length()
        return self.window(self.used, i) & 0x7fffffff if i | SMALL < top else 0


class Heap:
    """A heap's control data, as it is read. `end`, where it is known, is that of the memory it was given:
    then a limit that was overwritten twice can be seen. Nothing is believed but the handle; what is wrong is
    for check.py to say. Raises Problem if no heap is there, and Unreadable."""

    map: Map
    limit: int
    first: int

    def __init__(self, layout: dict[str, int], memory: Memory, handle: int, name: str, end: int | None = None,
                 trailed: bool = False, reserves: bool = False) -> None:
        self.layout, self.memory, self.handle, self.name = layout, memory, handle, name
        self.trailed = trailed    # its blocks end in trailers
        self.reserves = reserves  # sbrk() has moved its break
        self.guarded = layout["check"] == 2
        self.is_owner: Callable[[int], bool] = lambda address: True  # can it have called malloc()?
        self.granule = layout["granule"]
        self.link = layout["index.bits"] // 8
        self.stored_limit = self._field("limit", self.link)
        self.limit_again = self._field("limit_again", self.link)
        self.top = self._field("top", self.link)
        self.used = self._field("used", self.link)
        self.nonempty = self._field("nonempty", layout["bins"] // 8)
        self.end_limit = self._limit_at(end) if end else None
        self.limits = self._limits()
        if not self.limits:
            raise Problem(f"no heap is at {handle:#x}, or its control data is destroyed: limit {self.stored_limit}, "
                          f"top {self.top}")

    def _field(self, name: str, size: int) -> int:
        return self.memory.number(self.handle + self.layout["heap." + name], size)

    def _limits(self) -> list[int]:
        """The limits that are possible, the most likely one last, which is taken: both that are stored, or the one
        that the end of the memory makes."""
        stored = [self.limit_again, self.stored_limit]
        limits = [self.end_limit, *stored] if stored[0] == stored[1] else [*stored, self.end_limit]
        unreadable: Unreadable | None = None
        possible: list[int] = []
        for limit in dict.fromkeys(limit for limit in limits if limit is not None):
            try:
                if self.take_limit(limit):
                    possible.append(limit)
            except Unreadable as error:
                unreadable = error
        if unreadable and not possible:
            raise unreadable
        return possible

    def take_limit(self, limit: int) -> bool:
        """Read what depends on the limit: the map. False if no heap can have this limit."""
        above = ((1 << 8 * self.layout["pointer"]) - self.handle) // self.granule
        if not first_granule(limit) < limit <= above:
            return False
        if self.map_granules(limit) * self.granule > self.handle:
            return False
        self.map = self._read_map(limit // TILE)
        self.limit, self.first = limit, first_granule(limit)
        return True

    def _read_map(self, tiles: int) -> Map:
        """Tiles 0 to `tiles`; and one that is empty, for the last window."""
        size = self.layout["tile.size"]
        data = memoryview(self.memory.read(self.tile(tiles), (tiles + 1) * size))
        words: dict[str, list[int]] = {"bound": [], "used": []}
        for t in range(tiles + 1):
            for name, list_ in words.items():
                offset = (tiles - t) * size + self.layout["tile." + name]
                list_.append(self.memory.value(data[offset:offset + 4]))
        return Map(**words)

    def tile(self, t: int) -> int:
        """The address of a tile."""
        return self.handle + self.layout["heap.tile0"] - t * self.layout["tile.size"]

    def map_granules(self, limit: int) -> int:
        """Granules below the handle that the map takes, by a limit."""
        return map_granules(limit, self.granule, self.layout["tile.size"])

    def _limit_of(self, total: int) -> int:
        return limit_of(total, self.granule, self.layout["tile.size"])

    def _limit_at(self, end: int) -> int | None:
        """The limit that heap_lay_out() finds where memory ends at `end`; None if none fits. Two do where the last
        granule may be the sentinel's or, with one more tile below the handle, a block's: then one that is stored."""
        above = (end - self.handle) // self.granule
        reach = REACH[self.layout["index.bits"]]
        most = self._limit_of(reach)
        if above + self.map_granules(most) >= reach:
            return most
        limits = [limit for limit in (above, above - 1) if self._limit_of(above + self.map_granules(limit)) == limit]
        stored = [limit for limit in (self.stored_limit, self.limit_again) if limit in limits]
        return next(iter(stored + limits), None)

    # ---- Places --------------------------------------------------------------------------------

    def address(self, i: int) -> int:
        """The address of granule i."""
        return self.handle + i * self.granule

    def index(self, address: int) -> int:
        """The granule that an address lies in."""
        return (address - self.handle) // self.granule

    def start(self) -> int:
        """Where the control data begins."""
        return self.address(-self.map_granules(self.limit))

    def holds(self, address: int) -> bool:
        """Is the address one of the heap's, control data or not?"""
        return self.start() <= address < self.address(self.limit)

    # ---- Blocks --------------------------------------------------------------------------------

    def map_blocks(self) -> Iterator[Block]:
        """The blocks by the map alone."""
        starts = list(self.map.bits(self.map.bound, self.first, self.top))
        for i, end in zip(starts, starts[1:] + [self.top]):
            kind = FREE
            if self.map.bit(self.map.used, i):
                kind = USED if self.used_size(i) else RESERVED
            yield Block(i, end - i, kind, "")

    def used_size(self, i: int) -> int:
        """Granules in the used block at i, as the map has it; 0 if it is a reserved one."""
        return self.map.used_size(i, self.top)

    def free_field(self, i: int, name: str) -> int:
        """What a free block keeps; or a bin, which has `next` and `prev`."""
        return self.memory.number(self.address(i) + self.layout["free." + name], self.link)

    def free_claim(self, i: int) -> int:
        """The size that the free block at i claims to have; 0 if its two copies do not agree."""
        size = self.free_field(i, "size")
        if 0 < size <= self.top - i and self.free_field(i + size - 1, "tail") == size:
            return size
        return 0

    def is_linked(self, i: int) -> bool:
        """Do the links of what may be a free block at i lead to granules whose links lead back to it?"""
        next_, prev = self.free_field(i, "next"), self.free_field(i, "prev")
        if not (0 < next_ < self.top and 0 < prev < self.top):
            return False
        return self.free_field(next_, "prev") == i == self.free_field(prev, "next")

    def extent(self, block: Block) -> tuple[int, int]:
        """Where the block begins, and its size in bytes."""
        return self.address(block.i), block.size * self.granule

    def granules(self, size: int) -> int:
        """Granules that a request of so many bytes takes, with what is kept with each block."""
        if self.trailed:
            size += self.layout["canary.min"] + self.layout["trailer.bytes"]
        return max(1, (size + self.granule - 1) // self.granule)

    def trailer(self, block: Block) -> tuple[int, int] | None:
        """Bytes that were asked for, and the address that asked; None if the block has no trailer, or one
        that does not fit it."""
        if not self.trailed or block.kind not in (USED, HELD):
            return None
        size = self._trailer_word(block, "size")
        if self._holds_back(block):
            size = self._ones - size
        elif block.size * self.granule < self.layout["trailer.bytes"] or self.granules(size) != block.size:
            return None
        return size, self._trailer_word(block, "owner") ^ self._seal(block)

    @property
    def _ones(self) -> int:
        return (1 << 8 * self.layout["pointer"]) - 1

    def _trailer_word(self, block: Block, name: str) -> int:
        data = self.address(block.i + block.size) - self.layout["trailer.bytes"]
        return self.memory.number(data + self.layout["trailer." + name], self.layout["pointer"])

    def _seal(self, block: Block) -> int:
        """What the owner of a block is sealed by: its address, shifted up."""
        up = self.layout.get("trailer.seal")
        return self.address(block.i) << up & self._ones if up else 0

    def _holds_back(self, block: Block) -> bool:
        """Is the size in the used block's trailer complemented? Raises Unreadable."""
        if not self.layout.get("quarantine") or block.size * self.granule < self.layout["trailer.bytes"]:
            return False
        return self.granules(self._ones - self._trailer_word(block, "size")) == block.size

    def is_held(self, block: Block) -> bool:
        """Is the used block in the quarantine, as its trailer says?"""
        try:
            return block.kind == USED and self.trailed and self._holds_back(block)
        except Unreadable:
            return False

    def is_sound(self, block: Block) -> bool:
        """Is the block whole, and its owner one that can be? Raises Unreadable."""
        trailer = self.trailer(block)
        if trailer is None or not self.is_owner(trailer[1]) or trailer[0] == 0 and not self.guarded:
            return False  # a word of 0 behind a pointer to code proves nothing
        return self.is_whole(block)

    def is_whole(self, block: Block) -> bool:
        """Does the block end in a trailer that fits, after a whole canary where it has one? Raises Unreadable."""
        trailer = self.trailer(block)
        if trailer is None:
            return False
        low, end = self.address(block.i) + trailer[0], self.address(block.i + block.size) - self.layout["trailer.bytes"]
        return not self.guarded or set(self.memory.read(low, end - low)) == {self.layout["canary"]}

    def left_over(self) -> int:
        """Granules past the limit, which the index does not reach, as two bins keep it."""
        if self.limit != self._limit_of(REACH[self.layout["index.bits"]]):
            return 0
        low, high = (self.free_field(n, "tail") for n in (4, 5))
        return low | high << 8 * self.link

    def figures(self) -> dict[str, int]:
        """What cairn_stats() gives, in bytes, by what the control data says."""
        above = self.limit - self.top
        last = (self.nonempty & -self.nonempty).bit_length() - 1
        least = bin_floor(self.layout["bins"] - 1 - last) if self.nonempty else 0
        granules = {"control": self.map_granules(self.limit) + self.first, "used": self.used,
                    "free": self.top - self.first - self.used, "can_grow": above, "guaranteed": max(above, least),
                    "left_over": self.left_over()}
        return {name: n * self.granule for name, n in granules.items()}
