# SPDX-License-Identifier: MIT
"""A firmware that is looked into: its ELF file and its memory; from them its heaps, who called them, what
they counted, and what they stopped for.
"""
from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Sequence

from .callers import Callers
from .code import follows_call, plausible_calls
from .elf import ET_REL, OBJECT, Elf
from .heap import Heap, first_granule, limit_of
from .lines import Frame, Line
from .memory import Memory, Read, Unreadable
from .region import heap_limit, heap_start
from .text import Problem, demangle

REASONS = {
    1: ("CAIRN_NOT_A_BLOCK", "not the start of a live block of this heap"),
    2: ("CAIRN_DOUBLE_FREE", "this block is already free"),
    3: ("CAIRN_CORRUPT_SIZE", "the size of a free block was overwritten"),
    4: ("CAIRN_CORRUPT_LINK", "a link of a free block or of a bin, or what it names, was overwritten"),
    5: ("CAIRN_CORRUPT_CONTROL", "the heap's control data was overwritten"),
    6: ("CAIRN_ABOVE_CEILING", "an interrupt above the lock's ceiling used the heap"),
    7: ("CAIRN_OVERRUN", "bytes behind a live block were overwritten"),
    8: ("CAIRN_WRITE_AFTER_FREE", "bytes of free memory were overwritten"),
    9: ("CAIRN_NO_LOCK", "the lock's ceiling is no priority that this chip has"),
    10: ("CAIRN_NO_HEAP", "no heap is found: name __heap_start and __heap_limit when linking"),
}
ATTRIBUTES = {1: "DMA", 2: "FAST", 4: "EXTERNAL", 8: "ON_REQUEST"}
CALLS = ("malloc", "calloc", "aligned", "realloc", "free")


class Site(NamedTuple):
    """A row of the table of CAIRN_SITES. Bytes and peak are those that were asked for."""

    caller: int
    owner: int  # what its blocks keep of who asked for them
    blocks: int
    bytes: int
    peak: int


class Note(NamedTuple):
    """A block that was freed: who had asked for it, and who freed it."""

    start: int
    size: int
    owner: int
    caller: int


class Described(NamedTuple):
    """A block of cairn_damage."""

    start: int
    size: int
    owner: int
    live: int


class Fatal(NamedTuple):
    """What cairn_fatal() was called for, and what cairn_damage holds of it: 0 or None is unknown."""

    reason: int
    address: int
    damaged: Described | None = None
    freed_by: int = 0
    suspect: Described | None = None
    other: Described | None = None


def no_memory(address: int, _: int) -> bytes:
    """The memory of a firmware of which there is only the ELF file."""
    raise Unreadable(address)


class Firmware:
    """`read(address, size)` gives memory or raises Unreadable; `line(address)` a place in the source, or
    None."""

    def __init__(self, elf: Elf, read: Read = no_memory, line: Line | None = None,
                 callers: Callers | None = None) -> None:
        if elf.kind == ET_REL:
            raise Problem(f"{elf.path} is not linked: give the image that the linker made")
        self.elf, self.line, self.callers = elf, line, callers
        self.memory = Memory(read, elf.order)
        self.pointer_size = 8 if elf.wide else 4
        self._layout: dict[str, int] | None = None

    @property
    def layout(self) -> dict[str, int]:
        """What the image says of its heap. Raises Problem if it says nothing."""
        if self._layout is None:
            self._layout = self.elf.layout()
        return self._layout

    # ---- Reading -----------------------------------------------------------------------------------

    def pointer(self, address: int) -> int:
        """The pointer at an address. Raises Unreadable, as all do that read."""
        return self.memory.number(address, self.pointer_size)

    def fields(self, address: int, record: str, *names: str) -> list[int]:
        """Members of a structure that the layout describes; all of them are as wide as a pointer."""
        return [self.pointer(address + self.layout[f"{record}.{name}"]) for name in names]

    def caller(self, address: int) -> tuple[str, str, int]:
        """The call that returns to this address: its function and "file:line", "" where they are not known; and how far
        in the function the address is."""
        call = self.elf.call_before(address)
        function = self.elf.function(call) if call > 0 else None
        if function is None:
            return "", "", 0
        return demangle(function.name), (self.line(call) if self.line else None) or "", call + 1 - function.value

    def frames(self, address: int) -> list[Frame]:
        """The functions of the source that the call which returns to this address is in, each with "file:line": the
        innermost first, without wrappers of malloc(), as far as they were inlined. Empty if no function is there. Of a
        site with calls on the stack (CAIRN_SITES_STACK) those as well."""
        calls = self.calls_of(address)
        if len(calls) > 1:
            return self.stack(calls)
        address = calls[0]
        name, line, _ = self.caller(address)
        if not name:
            return []
        chain = self.callers.chain(self.elf.call_before(address)) if self.callers is not None else []
        if self.callers is None or not chain:
            return [(name, line)]
        return self.callers.shown([(demangle(function), place) for function, place in chain])

    def stack(self, addresses: Sequence[int]) -> list[Frame]:
        """The same of calls that led to each other, the innermost first: wrappers are passed over at the beginning
        alone. An address of which nothing is known is its own name."""
        found: list[Frame] = []
        for address in addresses:
            chain = self.callers.chain(self.elf.call_before(address)) if self.callers is not None else []
            name, line, _ = self.caller(address)
            found += [(demangle(function), place) for function, place in chain] or [(name or f"{address:#010x}", line)]
        return self.callers.shown(found) if self.callers is not None else found

    def place(self, address: int) -> str:
        """Where code was called from: the functions and their lines, as far as they are known."""
        frames = self.frames(address)
        if not frames:
            return f"{address:#x}" if address else "unknown"
        if len(frames) == 1 and not frames[0][1]:
            return f"{frames[0][0]}+{self.caller(self.calls_of(address)[0])[2]:#x}"
        return " < ".join(f"{name} ({line})" if line else name for name, line in frames)

    # ---- Heaps ---------------------------------------------------------------------------------------

    def heaps(self) -> list[Heap]:
        """The system heap, the regions, and the private heap that was last used, if that is known."""
        found = [*self._system(), *self._regions()]
        last = self.elf.symbol("cairn_private_heap")
        handle = self.pointer(last.value) if last else 0
        if handle:
            found.append(self._private(handle, "private heap last used"))
        return found

    def no_heap(self) -> str:
        """Why heaps() finds none, as a sentence."""
        if not self.elf.has_symbols():
            return f"{self.elf.path} has no symbols: name the heap by its handle's address"
        state = self.elf.symbol("cairn_system_state")
        if state is None:
            return "this firmware does not use the system heap: name a private one, by its handle"
        written = self.memory.number(state.value + self.layout["system.done"], 4)
        if written:
            return f"the system heap is being started: {written} granules of it are written"
        region = self.region()
        if region is None:
            return "the system heap has not been started: nothing has asked for memory, or it has no region"
        start, limit = region
        least = self._least()
        if limit - start < least:
            return (f"the system heap cannot start: its region, {start:#x} to {limit:#x}, has {limit - start} bytes, "
                    f"and a heap needs {least}; malloc returns NULL")
        return "the system heap has not been started: nothing has asked for memory"

    def _least(self) -> int:
        """Bytes of the smallest region that holds a heap, wherever it begins."""
        granule, tile = self.layout["granule"], self.layout["tile.size"]
        total = next(total for total in range(3, 1000) if first_granule(limit_of(total, granule, tile)) <
                     limit_of(total, granule, tile))
        return total * granule

    def _trailed(self, private: bool = False) -> bool:
        return self.layout["check"] == 2 or self.layout["sites"] > 0 and not private

    def _system(self) -> Iterator[Heap]:
        state = self.elf.symbol("cairn_system_state")
        if state is None or "system.heap" not in self.layout:
            return
        handle = self.pointer(state.value + self.layout["system.heap"])
        if handle:
            size = self.layout["index.bits"] // 8
            moved = self.memory.number(state.value + self.layout["system.reserved_top"], size)
            start, limit = self.region() or (0, 0)
            yield self._owned(Heap(self.layout, self.memory, handle, "system heap", limit if limit > start else None,
                                   self._trailed(), reserves=moved != 0))

    def region(self) -> tuple[int, int] | None:
        """Where the system heap's region begins and ends, by the linker's symbols, as port/common/region.c finds it;
        None where they name no region."""
        start = heap_start(self.elf.value, self.elf.named("region.start"), self.elf.word)
        limit = (heap_limit(self.elf.value, start.address, self.elf.named("region.limit"), self.elf.word)
                 if start is not None else None)
        return (start.address, limit.address) if start is not None and limit is not None else None

    def _regions(self) -> Iterator[Heap]:
        first = self.elf.symbol("cairn_first_region")
        region = self.pointer(first.value) if first else 0
        seen: set[int] = set()
        while region and region not in seen:
            seen.add(region)
            next_, handle, size = self.fields(region, "region", "next", "heap", "size")
            attributes = self.memory.number(region + self.layout["region.attributes"], 4)
            words = [name for bit, name in ATTRIBUTES.items() if attributes & bit]
            if attributes >> 8:
                words.append(f"{attributes & ~0xff:#x}")
            name = f"region {len(seen) - 1}" + (f" ({', '.join(words)})" if words else "")
            yield self._owned(Heap(self.layout, self.memory, handle, name, region + size, self._trailed()))
            region = next_

    def _private(self, handle: int, name: str) -> Heap:
        if handle % self.layout["granule"]:
            raise Problem(f"no heap is at {handle:#x}: a handle is a multiple of {self.layout['granule']}")
        unknown = not self.elf.has_symbols()  # it may as well be the system heap
        return self._owned(Heap(self.layout, self.memory, handle, name, trailed=self._trailed(private=True),
                                reserves=unknown))

    def _owned(self, heap: Heap) -> Heap:
        """The heap, which believes an owner that can be one."""
        heap.is_owner = lambda address: follows_call(self.elf, self.calls_of(address)[0])
        return heap

    def heap_at(self, handle: int) -> Heap:
        """The heap with this handle."""
        known = [heap for heap in (*self._system(), *self._regions()) if heap.handle == handle]
        return known[0] if known else self._private(handle, "heap")

    def resolve(self, text: str) -> int:
        """An address: a number, or the value of a pointer variable."""
        try:
            return int(text, 0)
        except ValueError:
            pass
        symbol = self.elf.symbol(text)
        if symbol is None:
            raise Problem(f"{text} is neither a number nor a variable of {self.elf.path}")
        if symbol.kind != OBJECT or symbol.size != self.pointer_size:
            raise Problem(f"{text} is not a pointer variable")
        return self.pointer(symbol.value)

    # ---- What the heap has noted ---------------------------------------------------------------------

    def note_of(self, address: int) -> Note | None:
        """Who had the block that held `address` and was freed last; None if that is not known any more."""
        for note in self._held():
            if note.start <= address < note.start + max(note.size, 1):
                return note
        notes, noted = (self.elf.symbol(f"cairn_freed_{name}") for name in ("notes", "noted"))
        if notes is None or noted is None:
            return None
        count, most = self.memory.number(noted.value, 4), self.layout["notes"]
        for age in range(1, min(count, most) + 1):
            at = notes.value + (count - age) % most * self.layout["note.bytes"]
            note = Note(*self.fields(at, "note", "start", "size", "owner", "caller"))
            if note.start <= address < note.start + note.size:
                return note
        return None

    def _held(self) -> Iterator[Note]:
        """The blocks in the quarantine, the one that was freed last first."""
        ring, oldest, count = (self.elf.symbol(f"cairn_quarantine{name}") for name in ("", "_oldest", "_count"))
        if ring is None or oldest is None or count is None:
            return
        first, most = self.memory.number(oldest.value, 4), self.layout["quarantine"]
        for n in reversed(range(min(self.memory.number(count.value, 4), most))):
            at = ring.value + (first + n) % most * self.layout["note.bytes"]
            yield Note(*self.fields(at, "note", "start", "size", "owner", "caller"))

    def fatal(self) -> Fatal | None:
        """What the library's own cairn_fatal() was called for; None if it was not, or is another's."""
        failure = self.elf.symbol("cairn_failure")
        if failure is None:
            return None
        reason = self.memory.number(failure.value, self.layout["reason.size"])
        if reason == 0:
            return None
        address = self.pointer(failure.value + self.pointer_size)
        report = self.elf.symbol("cairn_damage")
        if report is None or "report.damaged" not in self.layout:
            return Fatal(reason, address, None, 0, None, None)
        damaged, suspect, other = (self._described(report.value + self.layout[f"report.{name}"])
                                   for name in ("damaged", "suspect", "other"))
        return Fatal(reason, address, damaged, self.fields(report.value, "report", "freed_by")[0], suspect, other)

    def _described(self, at: int) -> Described | None:
        start, size, owner = self.fields(at, "block", "start", "size", "owner")
        return Described(start, size, owner, self.memory.number(at + self.layout["block.live"], 1)) if start else None

    def counts(self) -> dict[str, Any] | None:
        """cairn_read_counts() as names and numbers; None without CAIRN_COUNTS."""
        symbol = self.elf.symbol("cairn_counts_now")
        if symbol is None or "counts.used" not in self.layout:
            return None
        names = ("used", "peak", "largest_request")
        counts: dict[str, Any] = dict(zip(names, self.fields(symbol.value, "counts", *names)))
        for name in ("live_blocks", "failures"):
            counts[name] = self.memory.number(symbol.value + self.layout[f"counts.{name}"], 4)
        calls = symbol.value + self.layout["counts.calls"]
        counts["calls"] = {kind: self.memory.number(calls + 4 * n, 4) for n, kind in enumerate(CALLS)}
        last = symbol.value + self.layout["counts.last_failure"]
        counts["last_failure"] = self.fields(last, "request", "size", "alignment", "caller")
        return counts

    def sites(self) -> list[Site] | None:
        """The table of CAIRN_SITES, and what found no place in it; None without."""
        table, others = (self.elf.symbol(f"cairn_site_{name}") for name in ("table", "others"))
        if table is None or others is None:
            return None
        size = self.layout["site.bytes_each"]
        places = [table.value + n * size for n in range(self.layout["sites"])] + [others.value]
        return [self._site(at) for at in places]

    def calls_of(self, owner: int) -> list[int]:
        """The calls behind what a block keeps of who asked for it, the nearest first: the address of the call alone, or
        of a site with more of them (CAIRN_SITES_STACK) all, by the address of its entry."""
        table = self.elf.symbol("cairn_site_table") if "site.calls" in self.layout else None
        if table is None or not table.value <= owner < table.value + table.size:
            return [owner]
        size, width = self.layout["site.bytes_each"], self.pointer_size
        at = owner - (owner - table.value) % size
        first = at + self.layout["site.calls"]
        calls = [self.pointer(first + n * width) for n in range(self.layout["site.stack"])]
        caller = self.pointer(at + self.layout["site.caller"])
        return plausible_calls(self.elf, [caller, *(call for call in calls if call)])

    def _site(self, at: int) -> Site:
        caller, size, peak = self.fields(at, "site", "caller", "bytes", "peak")
        owner = at if "site.calls" in self.layout else caller
        return Site(caller, owner, self.memory.number(at + self.layout["site.blocks"], 4), size, peak)
