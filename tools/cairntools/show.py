# SPDX-License-Identifier: MIT
"""The commands, as lines of text: the same in gdb (cairn-gdb.py) and over an image of RAM (image.py)."""
from __future__ import annotations

from typing import Callable, Iterable, Iterator, Sequence, Tuple, Union

from .check import Damage
from .firmware import REASONS, Described, Firmware, Site
from .heap import FREE, HELD, RESERVED, TILE, UNKNOWN, USED, Block, Heap, bin_floor
from .identity import Verdict, doubt_of, identified_heaps, judge_first
from .memory import Unreadable
from .survey import Survey
from .text import Problem, counted

SIGNS = "# used  + mostly used  - mostly free  . free  h held  r reserved  ? uncertain  ! damaged"

# A row of `sites`: bytes, blocks, the peak ("" if it is not kept), the owner.
Row = Tuple[int, int, Union[int, str], str]


# ---- Parts of lines ----------------------------------------------------------------------------------


def heading(heap: Heap) -> str:
    """The line that begins what is shown of a heap."""
    start, end = heap.start(), heap.address(heap.limit)
    return f"{heap.name} {heap.handle:#x}: {end - start} bytes from {start:#x} to {end:#x}"


def owner_of(firmware: Firmware, heap: Heap, block: Block) -> tuple[int | None, str]:
    """Bytes that were asked for, and the place that asked; None and "" if the block does not keep them."""
    try:
        trailer = heap.trailer(block)
    except Unreadable:
        trailer = None
    return (trailer[0], firmware.place(trailer[1])) if trailer else (None, "")


def sentence(firmware: Firmware, heap: Heap, block: Block) -> str:
    """One block in words."""
    start, size = heap.extent(block)
    asked, owner = owner_of(firmware, heap, block)
    text = f"{block.kind} block {start:#x}, {size} bytes"
    if asked is not None:
        text += f", {asked} asked for by {owner}"
    return text + (f" (uncertain: {block.doubt})" if block.doubt else "")


def described(firmware: Firmware, block: Described) -> str:
    """One block of cairn_damage in words."""
    kind = "live" if block.live else "free"
    owner = f", owner {firmware.place(block.owner)}" if block.owner else ""
    return f"{kind} block {block.start:#x}, {block.size} bytes{owner}"


def control_part(heap: Heap, address: int) -> str:
    """What of the control data is at the address."""
    layout, offset = heap.layout, address - heap.handle
    if offset < layout["tile.size"]:
        tile = 0 if offset >= 0 else (-offset + layout["tile.size"] - 1) // layout["tile.size"]
        return f"the map of {heap.address(tile * TILE):#x} to {heap.address((tile + 1) * TILE):#x} (tile {tile})"
    number, within = divmod(offset, heap.granule)
    for name in ("nonempty", "limit", "top", "limit_again", "used"):
        size = layout["bins"] // 8 if name == "nonempty" else heap.link
        if 0 <= offset - layout["heap." + name] < size:
            return name
    for name, text in (("next", "first"), ("prev", "last")):
        if number and 0 <= within - layout["free." + name] < heap.link:
            return f"the link of bin {number} to its {text} block"
    return f"a part of bin {number} that keeps nothing" if number else "nothing"


# ---- The picture -------------------------------------------------------------------------------------


def picture(survey: Survey, columns: int = 64, rows: int = 16) -> Iterator[str]:
    """The blocks in rows of signs."""
    heap = survey.heap
    start, top = heap.address(heap.first), heap.address(heap.top)
    if any(heap.start() <= damage.address < start for damage in survey.faults):
        yield "  ! in the control data"
    cell = heap.granule
    while (top - start + cell - 1) // cell > columns * rows:
        cell *= 2
    signs = paint(survey, cell)
    for n in range(0, len(signs), columns):
        yield f"  {start + n * cell:#010x}  {''.join(signs[n:n + columns])}"
    yield f"  {top:#010x}  the top; {heap.address(heap.limit) - top} bytes above it. {cell} bytes a sign"


def paint(survey: Survey, cell: int) -> list[str]:
    """A sign for each cell."""
    heap = survey.heap
    start, top = heap.address(heap.first), heap.address(heap.top)
    tally: list[dict[str, int]] = [{} for _ in range(max(0, top - start + cell - 1) // cell)]
    for block in survey.blocks:
        low, size = heap.extent(block)
        high = low + size
        what = "?" if block.doubt else {RESERVED: "r", FREE: ".", HELD: "h"}.get(block.kind, "#")
        while low < high:
            n = (low - start) // cell
            end = min(high, start + (n + 1) * cell)
            tally[n][what] = tally[n].get(what, 0) + end - low
            low = end
    signs = [sign(bytes_) for bytes_ in tally]
    for damage in survey.faults:
        if start <= damage.address < top:
            signs[(damage.address - start) // cell] = "!"
    return signs


def sign(tally: dict[str, int]) -> str:
    """What a cell holds most of; with signs between used and free."""
    most = max(tally, key=lambda what: tally[what])
    if most not in "#." or "#" not in tally or "." not in tally:
        return most
    return "+" if tally["#"] >= tally["."] else "-"


# ---- The commands ------------------------------------------------------------------------------------


class Show:
    """The commands over one firmware; each yields lines. `damaged` once one of them has come upon damage, `incomplete`
    once memory was missing that would decide it."""

    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware
        self.damaged = self.incomplete = False
        self.verdict = Verdict()  # on the ELF file

    def run(self, command: str, words: Sequence[str], address_of: Callable[[str], int]) -> Iterator[str]:
        """The lines of a command. `address_of` makes an address of what the user named. Raises Problem."""
        self.verdict = judge_first(self.firmware)
        named = [address_of(word) for word in words]
        find = command == "find"
        if find and not named:
            raise Problem("find what? ADDRESS [HEAP]")
        handles = named[1:] if find else named
        if len(handles) > 1:
            raise Problem("one heap at most")
        heaps, self.verdict = identified_heaps(self.firmware, handles, self.verdict)
        if self.verdict.doubt:
            yield doubt_of(self.firmware, self.verdict)
        if find:
            yield from self.find(heaps, named[0])
        elif not heaps:
            raise Problem(self.firmware.no_heap())
        else:
            yield from COMMANDS[command](self, heaps)

    def _survey(self, heap: Heap, guards: bool = False) -> Survey:
        survey = Survey(heap, guards)
        self.damaged = self.damaged or bool(survey.faults)
        self.incomplete = self.incomplete or survey.ends_at() is not None
        return survey

    def _missing(self, survey: Survey) -> Iterator[str]:
        """The line that says which memory could not be read."""
        ends = survey.ends_at()
        if ends is not None:
            end, wanted = ends
            heap = survey.heap
            what = "the heap's blocks" if wanted == heap.address(heap.top) else "the heap"
            behind = sum(heap.address(block.i + block.size) > end for block in survey.blocks)
            yield (f"  INCOMPLETE: the memory ends at {end:#x}, {what} at {wanted:#x}: {counted(behind, 'block')} and "
                   "what they keep cannot be checked")

    def _warn(self, survey: Survey) -> Iterator[str]:
        """The line that no command leaves out where a heap is damaged."""
        yield from self._missing(survey)
        doubts = sum(bool(block.doubt) for block in survey.blocks)
        if survey.faults:
            yield (f"  DAMAGED: {counted(len(survey.faults), 'fault')}, {counted(doubts, 'block')} uncertain "
                   "(`check` lists them)")

    def map(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """a picture of the heap"""
        yield SIGNS
        for heap in heaps:
            survey = self._survey(heap)
            yield heading(heap)
            yield from self._warn(survey)
            yield from picture(survey)

    def blocks(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """every block: address, bytes, kind; bytes asked for and owner, where blocks keep them"""
        for heap in heaps:
            survey = self._survey(heap)
            yield heading(heap)
            yield from self._warn(survey)
            yield f"  {'address':<12}{'bytes':>8}  " + (f"{'kind':<10}{'asked':>8}  owner" if heap.trailed else "kind")
            for block in survey.blocks:
                start, size = heap.extent(block)
                line = f"  {start:<#12x}{size:>8}  {block.kind:<10}"
                asked, owner = owner_of(self.firmware, heap, block)
                if asked is not None:
                    line += f"{asked:>8}  {owner}"
                yield line.rstrip() + (f"  ? {block.doubt}" if block.doubt else "")
            yield f"  {heap.address(heap.top):#x}  the top"

    def bins(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """the free blocks of each size class, in the order in which they are looked at"""
        for heap in heaps:
            survey = self._survey(heap)
            yield heading(heap)
            yield from self._warn(survey)
            yield f"  bin  {'block sizes':<17}{'blocks':>7}{'bytes':>9}  addresses"
            for number, blocks in survey.bins.items():
                if not blocks and heap.free_field(number, "next") == number:
                    continue
                largest = max(bin_floor(number + 1) - 1, 1)
                sizes = f"{bin_floor(number) * heap.granule} to {largest * heap.granule}"
                total = sum(survey.proven.get(i, 0) for i in blocks) * heap.granule
                some = " ".join(f"{heap.address(i):#x}" for i in blocks[:6]) + (" ..." if len(blocks) > 6 else "")
                yield f"  {number:>3}  {sizes:<17}{len(blocks):>7}{total:>9}  {some}"

    def stats(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """bytes used, free and above the top; counts and the last failure, where they are kept"""
        for heap in heaps:
            survey = self._survey(heap)
            figures = heap.figures()
            yield heading(heap)
            yield from self._warn(survey)
            yield f"  control data  {figures['control']:>8}"
            for kind in (USED, FREE, HELD, RESERVED, UNKNOWN):
                sizes = [heap.extent(block)[1] for block in survey.blocks if block.kind == kind]
                if sizes or kind in (USED, FREE):
                    largest = f", the largest {max(sizes)}" if sizes else ""
                    yield f"  {kind:<12}  {sum(sizes):>8}  in {counted(len(sizes), 'block')}{largest}"
            yield f"  above the top {figures['can_grow']:>8}"
            if figures["left_over"]:
                yield f"  left over     {figures['left_over']:>8}  past the limit: the index does not reach it"
            yield f"  guaranteed    {figures['guaranteed']:>8}  the largest request that is sure to be served"
        yield from self._counts()

    def _counts(self) -> Iterator[str]:
        counts = self.firmware.counts()
        if counts is None:
            return
        yield "counts of the system heap and its regions"
        yield f"  used          {counts['used']:>8}  in {counted(counts['live_blocks'], 'block')}"
        yield f"  peak          {counts['peak']:>8}"
        yield f"  largest       {counts['largest_request']:>8}  the largest request that was served"
        yield "  served        " + ", ".join(f"{kind} {n}" for kind, n in counts["calls"].items())
        text = f"  refused       {counts['failures']:>8}"
        if counts["failures"]:
            size, alignment, caller = counts["last_failure"]
            text += f"  the last: {size} bytes" + (f" aligned to {alignment}" if alignment else "")
            text += f", for {self.firmware.place(caller)}"
        yield text

    def sites(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """live bytes by who asked for them"""
        table = self.firmware.sites()
        if table is None and not any(heap.trailed for heap in heaps):
            raise Problem("blocks do not keep their owners: build the library with CAIRN_CHECK=2 or CAIRN_SITES")
        rows = self._sites_of_table(table) if table is not None else self._sites_of_blocks(heaps)
        yield f"  {'bytes':>8}{'blocks':>8}{'peak':>8}  owner"
        for size, n, peak, place in sorted(rows, key=lambda row: (-row[0], row[3])):
            yield f"  {size:>8}{n:>8}{peak:>8}  {place}"

    def _sites_of_table(self, table: Sequence[Site]) -> Iterator[Row]:
        # Words that calls have left give one stack several entries: its peak is at least the largest of theirs.
        sites: dict[str, tuple[int, int, int]] = {}
        for site in table[:-1]:
            if site.caller:
                place = self.firmware.place(site.owner)
                size, n, peak = sites.get(place, (0, 0, 0))
                sites[place] = size + site.bytes, n + site.blocks, max(peak, site.peak)
        for place, (size, n, peak) in sites.items():
            yield size, n, peak, place
        if table[-1].peak:
            yield table[-1].bytes, table[-1].blocks, table[-1].peak, "others, that found no place in the table"

    def _sites_of_blocks(self, heaps: Iterable[Heap]) -> Iterator[Row]:
        """The same from the blocks' trailers: as of now, no peaks."""
        sites: dict[str, tuple[int, int]] = {}
        for heap in heaps:
            for block in self._survey(heap).blocks:
                asked, owner = owner_of(self.firmware, heap, block)
                if asked is not None:
                    size, n = sites.get(owner, (0, 0))
                    sites[owner] = size + asked, n + 1
        for owner, (size, n) in sites.items():
            yield size, n, "", owner

    # ---- check -----------------------------------------------------------------------------------

    def check(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """every invariant, canary and byte of fill: all the damage that there is"""
        yield from self._fatal(heaps)
        for heap in heaps:
            survey = self._survey(heap, guards=True)
            whole = ", canaries and fill are whole" if heap.guarded else ""
            yield heading(heap)
            if survey.faults:
                yield f"  DAMAGED: {counted(len(survey.faults), 'fault')}"
                yield from self._smashed(survey)
            elif survey.ends_at() is None:
                yield f"  sound: I1 to I10 hold{whole}; {counted(len(survey.blocks), 'block')}"
            yield from self._missing(survey)
            for damage in survey.faults:
                yield f"  {damage.rule} at {damage.address:#x}: {damage.text}"
                yield from self._below(survey, damage)
            yield from self._doubts(survey)

    def _below(self, survey: Survey, damage: Damage) -> Iterator[str]:
        """Who may have written there: the neighbour below a free block that was overwritten."""
        if damage.rule != "I5":
            return
        heap = survey.heap
        i = heap.index(damage.address)
        for block, above in zip(survey.blocks, survey.blocks[1:]):
            if above.i == i and above.kind == FREE and not above.doubt:
                yield f"      below it: {sentence(self.firmware, heap, block)}"

    def _smashed(self, survey: Survey) -> Iterator[str]:
        for low, high, start, end in survey.smashed():
            yield f"  the map is wrong from {low:#x} to {high:#x}, which describes {start:#x} to {end:#x}"

    def _doubts(self, survey: Survey) -> Iterator[str]:
        heap = survey.heap
        run: list[Block] = []
        for block in [*survey.blocks, None]:
            if block and block.doubt:
                run.append(block)
            elif run:
                start, end = heap.address(run[0].i), heap.address(run[-1].i + run[-1].size)
                yield f"  uncertain: {counted(len(run), 'block')} from {start:#x} to {end:#x}: {run[0].doubt}"
                run = []

    def _fatal(self, heaps: Sequence[Heap]) -> Iterator[str]:
        """What the firmware has stopped for."""
        fatal = self.firmware.fatal()
        if fatal is None:
            return
        name, text = REASONS.get(fatal.reason, (str(fatal.reason), "unknown reason"))
        yield f"stopped in cairn_fatal({name}, {fatal.address:#x}): {text}"
        if fatal.damaged:
            yield f"  damaged: {described(self.firmware, fatal.damaged)}"
        if fatal.freed_by:
            yield f"  freed by {self.firmware.place(fatal.freed_by)}"
        if fatal.suspect:
            yield f"  written, probably, by the owner of: {described(self.firmware, fatal.suspect)}"
        if fatal.other:
            yield f"  or by the owner of: {described(self.firmware, fatal.other)}"
        if name in ("CAIRN_CORRUPT_SIZE", "CAIRN_CORRUPT_LINK"):
            yield "  the call that found it is half done: its block, and the neighbours, look damaged as well"
        if fatal.damaged is None:
            yield from (f"  {line}" for line in self.find(heaps, fatal.address))

    # ---- find ------------------------------------------------------------------------------------

    def find(self, heaps: Iterable[Heap], address: int) -> Iterator[str]:
        """what lies at an address: the block, its neighbours"""
        for heap in heaps:
            if heap.holds(address):
                yield from self._find_in(heap, address)
                return
        elf = self.firmware.elf
        symbol = elf.object(address) or elf.function(address)
        yield f"{address:#x} is in no heap" + (f": {symbol.name}+{address - symbol.value:#x}" if symbol else "")
        fill = self.firmware.layout.get("fill")
        if fill is not None and address & 0xffffff00 == fill * 0x01010100:
            yield ("  free memory is filled with these bytes: the pointer was read from a block that had been freed "
                   "(of a C++ object, deleted)")

    def _find_in(self, heap: Heap, address: int) -> Iterator[str]:
        survey = self._survey(heap)
        yield heading(heap)
        yield from self._warn(survey)
        i = heap.index(address)
        if i < heap.first:
            yield f"{address:#x} is control data: {control_part(heap, address)}"
        elif i >= heap.top:
            yield f"{address:#x} is above the top, {heap.address(heap.top):#x}: it is in no block"
            yield from self._freed(address)
        else:
            n = next(n for n, block in enumerate(survey.blocks) if i < block.i + block.size)
            yield from self._find_block(survey, n, address)

    def _find_block(self, survey: Survey, n: int, address: int) -> Iterator[str]:
        heap, block = survey.heap, survey.blocks[n]
        start, _ = heap.extent(block)
        yield f"{address:#x} is {counted(address - start, 'byte')} into the {sentence(self.firmware, heap, block)}"
        asked, _ = owner_of(self.firmware, heap, block)
        if asked is not None and address - start >= asked:
            yield f"  past the {asked} bytes that were asked for"
        if block.kind in (FREE, HELD):
            yield from self._freed(address)
        below = sentence(self.firmware, heap, survey.blocks[n - 1]) if n else "the control data"
        above = sentence(self.firmware, heap, survey.blocks[n + 1]) if n + 1 < len(survey.blocks) else "the top"
        yield f"  below: {below}"
        yield f"  above: {above}"

    def _freed(self, address: int) -> Iterator[str]:
        note = self.firmware.note_of(address)
        if note:
            owner, caller = self.firmware.place(note.owner), self.firmware.place(note.caller)
            yield f"  before: block {note.start:#x}, {note.size} bytes, owner {owner}, freed by {caller}"


COMMANDS: dict[str, Callable[[Show, Sequence[Heap]], Iterator[str]]] = {
    "map": Show.map, "blocks": Show.blocks, "bins": Show.bins, "stats": Show.stats, "sites": Show.sites,
    "check": Show.check,
}
