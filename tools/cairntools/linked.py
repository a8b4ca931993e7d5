# SPDX-License-Identifier: MIT
"""A linked firmware, as `cairn link` looks at it: where its heap and its stack are, what lies around them, and what
came in with the malloc family."""
from __future__ import annotations

import os
import re
import struct
from functools import cached_property
from typing import Iterator, NamedTuple

from . import region
from .elf import (ALLOCATED, EM_ARM, EM_RISCV, ET_EXEC, EXECUTABLE, FUNCTION, OBJECT, SHT_NOBITS, UNDEFINED, WRITABLE,
                  Elf, Section, Symbol)
from .heap import first_granule, limit_of
from .linkmap import Map
from .region import Place
from .text import Problem

ALLOCATORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libc.allocators")
LIBC = re.compile(r"lib(c|c_nano|g|g_nano|nosys|rdimon)\.a")
TLS = 0x400    # flag of a section that is a pattern for thread-local variables: without bytes in the file it has none
FILE = 4       # type of a symbol that names the source of the local symbols behind it
TILE_SIZE = 8  # bytes of a tile of the map, for a firmware that does not say

# The malloc family: what firmware wraps (-Wl,--wrap=NAME), and what counts as Cairn's.
FAMILY = ("malloc", "free", "calloc", "realloc", "reallocf", "reallocarray", "memalign", "aligned_alloc",
          "posix_memalign", "valloc", "pvalloc", "cfree", "malloc_usable_size", "malloc_trim", "mallopt", "mallinfo",
          "malloc_stats", "sbrk", "strdup", "strndup")
REENTRANT = tuple(f"_{name}_r" for name in FAMILY)
OTHERS = ("_sbrk", "__malloc_lock", "__malloc_unlock", "port_heap_start", "port_heap_limit")
# The sources of libcairn.a that have local functions: those of a file of such a name count as Cairn's.
SOURCES = {f"{name}.c" for name in (
    "heap start malloc family private sbrk inspect step regions watch guard explain account trace mallinfo "
    "strdup region check_step freed").split()}
VECTORS = ("__Vectors", "__vectors", "g_pfnVectors", "__isr_vector", "__VECTOR_TABLE", "vector_table", "vectors",
           "_vectors", "__vector_table", "exception_table", "isr_vector")


class Wrapper(NamedTuple):
    """A function in front of one of the family, and what it calls besides that one."""

    name: str
    calls: list[str]


class Taken(NamedTuple):
    """Bytes that Cairn takes, and how that is known."""

    flash: int
    ram: int
    by: str


class Part(NamedTuple):
    """Memory that has a use: its first byte, the first one past it, and what it is."""

    start: int
    end: int
    what: str


class Linked:
    """One linked firmware, with its map or without. Raises Problem if the files are not what they should be."""

    def __init__(self, path: str, map_path: str | None = None) -> None:
        self.elf = elf = Elf(path)
        if not elf.is_firmware or elf.wide and elf.machine == EM_ARM or elf.order != "<":
            raise Problem(f"{path} is not a firmware for Cortex-M or RISC-V: not a little-endian image of 32-bit ARM "
                          "or of RISC-V")
        if elf.kind != ET_EXEC:
            raise Problem(f"{path} is not linked (type {elf.kind}): give the image that the linker made")
        if not elf.has_symbols():
            raise Problem(f"{path} has no symbols: give the image as the linker made it, before it is stripped")
        self.map = Map(map_path) if map_path is not None else None
        if self.map is not None:
            self.map.check(elf)
        self.sections = [section for section in elf.sections if section.flags & ALLOCATED and section.size
                         and not (section.flags & TLS and section.kind == SHT_NOBITS)]
        self._values = {symbol.name: symbol.value for symbol in self._linked_by_name()}

    # ---- Symbols ---------------------------------------------------------------------------------

    def _linked_by_name(self) -> Iterator[Symbol]:
        """The symbols that another object could refer to. The linker makes hidden ones local, and writes them behind a
        file without a name; global ones come later, and are meant before."""
        file = None
        for symbol in self.elf.symbols:
            if symbol.kind == FILE:
                file = symbol.name
            elif symbol.name and symbol.section != UNDEFINED and (symbol.is_global or file == ""):
                yield symbol

    def value(self, name: str) -> int:
        """The address of a symbol, as C code that declares it weak sees it: 0 if there is none."""
        return self._values.get(name, 0)

    def has(self, name: str) -> bool:
        """Is a symbol of this name defined?"""
        return name in self._values

    def candidates(self) -> list[Place]:
        """Marks in RAM by whose names they may be an end of the heap or of the stack."""
        known = region.names()
        ram = min((section.address for section in self.sections if section.flags & WRITABLE), default=0)
        return [Place(symbol.value, symbol.name) for symbol in self._linked_by_name()
                if symbol.value >= ram and symbol.size == 0 and symbol.kind == 0 and symbol.name not in known
                and re.search("heap|stack|ebss|bss_?end|_end|_sp$|ram_?end|noinit", symbol.name, re.I)]

    # ---- What is linked --------------------------------------------------------------------------

    @cached_property
    def kind(self) -> str:
        """What of Cairn there is: "malloc"; "break", which is sbrk() alone; "private", which is heaps of the firmware's
        own; "unused", if no code calls what was linked; or "none"."""
        core = self.has("cairn_heap_take")
        if self.has("cairn_system_state"):
            return "malloc" if core else "break"
        return "private" if core else "unused" if self.has("cairn_names") else "none"

    @cached_property
    def _layout(self) -> str:
        """The lines of allocator/core/layout.h, without what begins each."""
        text = (self.elf.section(".comment") or b"").decode("ascii", "replace")
        return "".join(line.removeprefix("cairn: ") + "\n" for line in text.split("\0") if line.startswith("cairn: "))

    @cached_property
    def options(self) -> dict[str, set[int]]:
        """Options of the library, and its version: the values of each, of which there should be one."""
        found: dict[str, set[int]] = {}
        for key, value in re.findall(r"^([a-z0-9._]+) (-?\d+)$", self._layout, re.M):
            found.setdefault(key, set()).add(int(value))
        return found

    def option(self, key: str) -> int | None:
        """The value of an option of the library; None if the image does not say it, or says two."""
        values = self.options.get(key, set())
        return next(iter(values)) if len(values) == 1 else None

    # ---- The heap --------------------------------------------------------------------------------

    @cached_property
    def has_known_region(self) -> bool:
        """Are the ends of the heap those that port/common/region.c finds? A port of the firmware's own has no
        cairn_heap_max."""
        return self.has("cairn_heap_max")

    @cached_property
    def start(self) -> Place | None:
        """Where the heap begins."""
        return region.heap_start(self.value, self.elf.named("region.start"), self.elf.word)

    @cached_property
    def limit(self) -> Place | None:
        """Where the heap ends."""
        named, start = self.elf.named("region.limit"), self.start
        return region.heap_limit(self.value, start.address, named, self.elf.word) if start is not None else None

    @cached_property
    def heap(self) -> Part | None:
        """The heap's range, if it has any byte."""
        if self.start is None or self.limit is None or self.limit.address <= self.start.address:
            return None
        return Part(self.start.address, self.limit.address, "the heap")

    @property
    def reach(self) -> int:
        """Bytes that the index reaches."""
        return self.value("cairn_heap_max")

    def room(self) -> int:
        """Bytes of the heap that blocks can have: without its control data, and what the index does not reach."""
        granule = self.option("granule") or 8
        if self.heap is None:
            return 0
        total = min(self.heap.end // granule + -self.heap.start // granule, self.reach // granule)
        limit = limit_of(total, granule, self.option("tile.size") or TILE_SIZE) if total > 0 else 0
        return max(limit - first_granule(limit), 0) * granule if limit > 1 else 0

    # ---- The stack, and what else has a place -----------------------------------------------------

    @cached_property
    def stack(self) -> Part | None:
        """The main stack, by symbols."""
        found = region.stack(self.value, self.elf.word)
        return Part(found[0].address, found[1].address, f"{found[0].by}, {found[1].by}") if found else None

    @cached_property
    def stack_pointer(self) -> int | None:
        """The stack pointer after reset: the first word of the vector table; None if no table was found. RISC-V has
        none: code sets its stack pointer."""
        if self.elf.machine == EM_RISCV:
            return None
        named = [self.value(name) for name in VECTORS if self.has(name)]
        for address in (*named, *sorted(section.address for section in self.sections)):
            words = self._words(address, 4)
            if words and all(word % 2 and self._is_code(word - 1) for word in words[1:]) and words[0] % 4 == 0:
                return words[0]
        return None

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        for section in self.sections:
            offset = address - section.address
            if section.kind != SHT_NOBITS and 0 <= offset <= section.size - 4 * count:
                return struct.unpack_from(f"<{count}I", self.elf.content(section), offset)
        return ()

    def _is_code(self, address: int) -> bool:
        return any(section.flags & EXECUTABLE and 0 <= address - section.address < section.size
                   for section in self.sections)

    def parts(self) -> list[Part]:
        """The sections that hold something, in order. A script reserves room for heap and stack by sections of that
        name; of these count only variables in a stack's."""
        found: list[Part] = []
        for section in self.sections:
            if re.search("heap", section.name, re.I):
                continue
            if not re.search("stack", section.name, re.I) or self._holds_variables(section):
                found.append(Part(section.address, section.address + section.size, section.name))
        return sorted(found)

    def _holds_variables(self, section: Section) -> bool:
        return any(symbol.kind == OBJECT and symbol.size and section.address <= symbol.value
                   < section.address + section.size for symbol in self.elf.symbols if symbol.section != UNDEFINED)

    def bank(self, address: int) -> Part | None:
        """The RAM that holds an address, from the map: regions of MEMORY that touch are one."""
        banks = sorted((bank.start, bank.start + bank.size, bank.name) for bank in self.map.banks) if self.map else []
        found = [bank for bank in banks if bank[0] <= address < bank[1]]
        if not found:
            return None
        start, end, name = max(found, key=lambda bank: bank[1])
        for other in banks:
            if other[0] <= end < other[1]:
                end, name = other[1], f"{name} and {other[2]}"
        return Part(start, end, name)

    # ---- The family ------------------------------------------------------------------------------

    def wrappers(self) -> list[Wrapper]:
        """Functions that calls of the family reach first (-Wl,--wrap=NAME)."""
        return [Wrapper(name, self._calls(name)) for family in (*FAMILY, *REENTRANT)
                if self.has(name := f"__wrap_{family}")]

    def _calls(self, wrapper: str) -> list[str]:
        """The functions that it calls or jumps to, except the one that it wraps."""
        symbol = next(symbol for symbol in self._linked_by_name() if symbol.name == wrapper)
        section = next((section for section in self.sections if section.flags & EXECUTABLE
                        and 0 <= symbol.value - section.address < section.size), None)
        if section is None:
            return []
        offset, found = symbol.value - section.address, set()
        code = self.elf.content(section)[offset:offset + symbol.size]
        arm = self.elf.machine == EM_ARM
        for target in targets(symbol.value, code) if arm else targets_riscv(symbol.value, code, self.elf.wide):
            function = self.elf.function(target)
            if function is not None and function.value == target:
                found.add(re.sub("^__(.*)_veneer$", r"\1", function.name))
        return sorted(found - {wrapper, wrapper.replace("__wrap_", ""), wrapper.replace("__wrap_", "__real_")})

    def allocators(self) -> list[str]:
        """What shows that the C library's allocator came in: its objects, if there is a map; otherwise its
        variables."""
        objects, symbols = known_allocators()
        if self.map is None:
            return [name for name in symbols if self.has(name)]
        return [f"{archive}({member})" for archive, member in self.map.members
                if LIBC.fullmatch(archive) and any(pattern.fullmatch(member) for pattern in objects)]

    # ---- What Cairn takes --------------------------------------------------------------------------

    def taken(self) -> Taken:
        """Flash and static RAM of Cairn: by the map, if it has an archive libcairn*.a; otherwise by symbols."""
        return self._taken_by_map() or self._taken_by_symbols()

    def _taken_by_map(self) -> Taken | None:
        flash, ram = 0, 0
        sections = {section.name: section for section in self.sections}
        for piece in self.map.pieces() if self.map is not None else ():
            section = sections.get(piece.output)
            if section is not None and re.search(r"(^|/)libcairn[^/]*\.a[:(]", piece.file):
                flash += piece.size if section.kind != SHT_NOBITS else 0
                ram += piece.size if section.flags & WRITABLE else 0
        return Taken(flash, ram, "by the map") if flash else None

    def _taken_by_symbols(self) -> Taken:
        flash, ram = 0, 0
        sizes = {symbol.value: symbol for symbol in self._cairns()}
        for symbol in sizes.values():
            section = self.elf.sections[symbol.section]
            flash += symbol.size if section.kind != SHT_NOBITS else 0
            ram += symbol.size if section.flags & WRITABLE else 0
        return Taken(flash, ram, "about, by symbols; the map shows it exactly")

    def _cairns(self) -> Iterator[Symbol]:
        """Functions and variables of Cairn: local ones by their file, global ones by their name."""
        named = {*FAMILY, *REENTRANT, *OTHERS}
        ours = False
        for symbol in self.elf.symbols:
            if symbol.kind == FILE:
                ours = symbol.name in SOURCES
            elif symbol.kind in (OBJECT, FUNCTION) and 0 < symbol.section < len(self.elf.sections):
                mine = ours if not symbol.is_global else symbol.name in named or symbol.name.startswith("cairn_")
                if mine and 0 < symbol.size <= self.elf.sections[symbol.section].size:
                    yield symbol


def targets(start: int, code: bytes) -> Iterator[int]:
    """Where BL and B.W in the code go, which begins at `start`."""
    for place in range(0, len(code) - 3, 2):
        target = branch_target(start + place, *struct.unpack_from("<HH", code, place))
        if target is not None:
            yield target


def targets_riscv(start: int, code: bytes, wide: bool) -> Iterator[int]:
    """The same of JAL, C.JAL and C.J, and of AUIPC with the JALR behind it (The RISC-V Instruction Set Manual, volume
    I, 2.5 and 16.4)."""
    place = 0
    while place < len(code) - 1:
        word = int.from_bytes(code[place:place + 4], "little")
        after = int.from_bytes(code[place + 4:place + 8], "little")
        offset = 0
        if word & 3 != 3:
            if word & 0xe003 == 0xa001 or word & 0xe003 == 0x2001 and not wide:  # on RV64 that is no C.JAL
                offset = _scattered(word, (12, 11), (11, 4), (10, 9), (9, 8), (8, 10), (7, 6), (6, 7), (5, 3), (4, 2),
                                    (3, 1), (2, 5))
        elif word & 0x7f == 0x6f:
            offset = _scattered(word, (31, 20), *((12 + n, 12 + n) for n in range(8)), (20, 11),
                                *((21 + n, 1 + n) for n in range(10)))
        elif word & 0x7f == 0x17 and after & 0x707f == 0x67 and after >> 15 & 31 == word >> 7 & 31:
            offset = (word & 0xfffff000) - (word >> 31 << 32) + (after >> 20) - (after >> 31 << 12)
        if offset:
            yield start + place + offset
        place += 2 if word & 3 != 3 else 4


def _scattered(word: int, sign: tuple[int, int], *bits: tuple[int, int]) -> int:
    """A number of which an instruction has each bit somewhere: (where it is, which one it is), the sign first."""
    return sum((word >> here & 1) << there for here, there in bits) - ((word >> sign[0] & 1) << sign[1])


def branch_target(address: int, first: int, second: int) -> int | None:
    """Where BL or B.W at the address goes; None for another instruction (ARMv7-M ARM, A7.7.12 and A7.7.18)."""
    if first >> 11 != 0b11110 or second >> 14 != 0b11 and second >> 14 != 0b10 or not second & 0x1000:
        return None
    sign, j1, j2 = first >> 10 & 1, second >> 13 & 1, second >> 11 & 1
    high = sign << 24 | (1 - (j1 ^ sign)) << 23 | (1 - (j2 ^ sign)) << 22
    offset = high | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
    return address + 4 + offset - (sign << 25)


def known_allocators() -> tuple[list[re.Pattern[str]], list[str]]:
    """The patterns of objects, and the names of variables, of libc.allocators."""
    with open(ALLOCATORS, encoding="ascii") as file:
        words = [line.split(maxsplit=1) for line in file if line.strip() and not line.startswith("#")]
    return ([re.compile(text.strip()) for kind, text in words if kind == "object"],
            [text.strip() for kind, text in words if kind == "symbol"])
