"""A firmware that is looked into: its ELF file and its memory; from them its heaps, who called them, what
they counted, and what they stopped for.

SPDX-License-Identifier: MIT
"""
from collections import namedtuple

from cairn_elf import OBJECT, Problem, demangle
from cairn_heap import Heap, Memory

REASONS = {
    1: ("CAIRN_NOT_A_BLOCK", "not the start of a live block of this heap"),
    2: ("CAIRN_DOUBLE_FREE", "this block is already free"),
    3: ("CAIRN_CORRUPT_SIZE", "the size of a free block was overwritten"),
    4: ("CAIRN_CORRUPT_LINK", "a link of a free block or of a bin, or what it names, was overwritten"),
    5: ("CAIRN_CORRUPT_CONTROL", "the heap's control data was overwritten"),
    6: ("CAIRN_ABOVE_CEILING", "an interrupt above the lock's ceiling used the heap"),
    7: ("CAIRN_OVERRUN", "bytes behind a live block were overwritten"),
    8: ("CAIRN_WRITE_AFTER_FREE", "bytes of free memory were overwritten"),
}
ATTRIBUTES = {1: "DMA", 2: "FAST", 4: "EXTERNAL", 8: "ON_REQUEST"}
CALLS = ("malloc", "calloc", "aligned", "realloc", "free")

Site = namedtuple("Site", "caller blocks bytes peak")
Note = namedtuple("Note", "start size owner caller")
Fatal = namedtuple("Fatal", "reason address damaged freed_by suspect other")
Described = namedtuple("Described", "start size owner live")


class Firmware:
    """`read(address, size)` gives memory or raises Unreadable; `line(address)` a place in the source, or
    None."""

    def __init__(self, elf, read, line=None):
        self.elf, self.line = elf, line
        self.layout = elf.layout()
        self.memory = Memory(read, elf.order)
        self.pointer_size = self.layout["pointer"]

    # ---- Reading -----------------------------------------------------------------------------------

    def pointer(self, address):
        return self.memory.number(address, self.pointer_size)

    def fields(self, address, record, *names):
        """Members of a structure that the layout describes; all of them are as wide as a pointer."""
        return [self.pointer(address + self.layout[f"{record}.{name}"]) for name in names]

    def place(self, address):
        """Where code was called from: the function and the line, as far as they are known."""
        call = self.elf.call_before(address)
        function = self.elf.function(call) if call > 0 else None
        line = self.line(call) if self.line and function else None
        if function is None:
            return f"{address:#x}" if address else "unknown"
        name = demangle(function.name)
        return f"{name} ({line})" if line else f"{name}+{call + 1 - function.value:#x}"

    # ---- Heaps ---------------------------------------------------------------------------------------

    def heaps(self):
        """The system heap, the regions, and the private heap that was last used, if that is known."""
        found = [*self._system(), *self._regions()]
        last = self.elf.symbol("cairn_private_heap")
        handle = self.pointer(last.value) if last else 0
        if handle:
            found.append(self._private(handle, "private heap last used"))
        return found

    def no_heap(self):
        """Why heaps() finds none, as a sentence."""
        if not self.elf.has_symbols():
            return f"{self.elf.path} has no symbols: name the heap by its handle's address"
        state = self.elf.symbol("cairn_system_state")
        if state is None:
            return "this firmware does not use the system heap: name a private one, by its handle"
        written = self.memory.number(state.value + self.layout["system.done"], 4)
        if written:
            return f"the system heap is being started: {written} granules of it are written"
        return "the system heap has not been started: nothing has asked for memory"

    def _trailed(self, private=False):
        return self.layout["check"] == 2 or self.layout["sites"] > 0 and not private

    def _system(self):
        state = self.elf.symbol("cairn_system_state")
        if state is None or "system.heap" not in self.layout:
            return
        handle = self.pointer(state.value + self.layout["system.heap"])
        if handle:
            size = self.layout["index.bits"] // 8
            moved = self.memory.number(state.value + self.layout["system.reserved_top"], size)
            yield Heap(self.layout, self.memory, handle, "system heap", self._system_end(), self._trailed(),
                       reserves=moved != 0)

    def _system_end(self):
        """port_heap_limit(), as port/cortex-m/region.c finds it by symbols; None where it is another's."""
        def value(name):
            symbol = self.elf.symbol(name)
            return symbol.value if symbol else 0

        start = next(filter(None, map(value, ("__heap_start", "__HeapBase", "__end__", "_end", "end"))), None)
        if start is None:
            return None
        for name in ("__heap_limit", "__heap_end"):
            if value(name) >= start:
                return value(name)
        ends = [value("__HeapLimit"), value("__StackLimit")]
        if value("_estack") and value("_Min_Stack_Size"):
            ends.append(value("_estack") - value("_Min_Stack_Size"))
        return min((end for end in ends if end > start), default=None)

    def _regions(self):
        first = self.elf.symbol("cairn_first_region")
        region, seen = self.pointer(first.value) if first else 0, set()
        while region and region not in seen:
            seen.add(region)
            next_, handle, size = self.fields(region, "region", "next", "heap", "size")
            attributes = self.memory.number(region + self.layout["region.attributes"], 4)
            words = [name for bit, name in ATTRIBUTES.items() if attributes & bit]
            if attributes >> 8:
                words.append(f"{attributes & ~0xff:#x}")
            name = f"region {len(seen) - 1}" + (f" ({', '.join(words)})" if words else "")
            yield Heap(self.layout, self.memory, handle, name, region + size, self._trailed())
            region = next_

    def _private(self, handle, name):
        if handle % self.layout["granule"]:
            raise Problem(f"no heap is at {handle:#x}: a handle is a multiple of {self.layout['granule']}")
        unknown = not self.elf.has_symbols()  # it may as well be the system heap
        return Heap(self.layout, self.memory, handle, name, trailed=self._trailed(private=True), reserves=unknown)

    def heap_at(self, handle):
        """The heap with this handle."""
        known = [heap for heap in (*self._system(), *self._regions()) if heap.handle == handle]
        return known[0] if known else self._private(handle, "heap")

    def resolve(self, text):
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

    def note_of(self, address):
        """Who had the block that held `address` and was freed last; None if that is not known any more."""
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

    def fatal(self):
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

    def _described(self, at):
        start, size, owner = self.fields(at, "block", "start", "size", "owner")
        return Described(start, size, owner, self.memory.number(at + self.layout["block.live"], 1)) if start else None

    def counts(self):
        """cairn_read_counts() as names and numbers; None without CAIRN_STATS."""
        symbol = self.elf.symbol("cairn_counts_now")
        if symbol is None or "counts.used" not in self.layout:
            return None
        names = ("used", "peak", "largest_request")
        counts = dict(zip(names, self.fields(symbol.value, "counts", *names)))
        for name in ("live_blocks", "failures"):
            counts[name] = self.memory.number(symbol.value + self.layout[f"counts.{name}"], 4)
        calls = symbol.value + self.layout["counts.calls"]
        counts["calls"] = {kind: self.memory.number(calls + 4 * n, 4) for n, kind in enumerate(CALLS)}
        last = symbol.value + self.layout["counts.last_failure"]
        counts["last_failure"] = self.fields(last, "request", "size", "alignment", "caller")
        return counts

    def sites(self):
        """The table of CAIRN_SITES, and what found no place in it; None without."""
        table, others = (self.elf.symbol(f"cairn_site_{name}") for name in ("table", "others"))
        if table is None or others is None:
            return None
        size = self.layout["site.bytes_each"]
        places = [table.value + n * size for n in range(self.layout["sites"])] + [others.value]
        return [Site(*self.fields(at, "site", "caller"), self.memory.number(at + self.layout["site.blocks"], 4),
                     *self.fields(at, "site", "bytes", "peak")) for at in places]
