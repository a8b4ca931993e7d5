# SPDX-License-Identifier: MIT
"""The linked image: its bytes, its functions, the core that it is for."""
from __future__ import annotations

import bisect

from ..elf import (ALLOCATED, EM_ARM, ET_EXEC, EXECUTABLE, FUNCTION, SHT_PROGBITS, UNDEFINED, WRITABLE, Elf, Section,
                   Symbol)
from ..lines import lines_of
from ..text import Problem

CPU_ARCH, CPU_PROFILE, M_PROFILE = 6, 7, ord("M")

# Tag_CPU_arch of the build attributes (Arm IHI0045, Addenda), and the core whose timing is published
# for it. ARMv6-M: the Cortex-M0+ takes no instruction longer than the Cortex-M0. ARMv7E-M may be a
# Cortex-M4 or an M7: the caller has to say.
ARCHITECTURES: dict[int, tuple[str, str | None]] = {
    11: ("ARMv6-M", "cortex-m0"),
    12: ("ARMv6-M", "cortex-m0"),
    10: ("ARMv7-M", "cortex-m3"),
    13: ("ARMv7E-M", None),
    16: ("ARMv8-M Baseline", None),
    17: ("ARMv8-M Mainline", None),
    21: ("ARMv8.1-M Mainline", None),
}

# Of each core, the architectures whose code it runs, by the same tag.
RUNS = {
    "cortex-m0": {11, 12}, "cortex-m0plus": {11, 12}, "cortex-m3": {10, 11, 12}, "cortex-m4": {10, 11, 12, 13},
    "cortex-m7": {10, 11, 12, 13}, "cortex-m23": {11, 12, 16}, "cortex-m33": {10, 11, 12, 13, 16, 17},
}


class Image:
    """One linked image of an M-profile core. Addresses of functions are without the Thumb bit. Raises Problem if the
    file is no such image."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._elf = elf = Elf(path)
        if elf.machine != EM_ARM or elf.wide or elf.order != "<":
            raise Problem(f"{path}: not a little-endian 32-bit ARM image: the code of other cores cannot be bounded")
        if elf.kind != ET_EXEC:
            raise Problem(f"{path}: not a linked image (type {elf.kind}): calls have no addresses yet")
        tags = elf.attributes()
        if tags.get(CPU_ARCH) not in ARCHITECTURES or tags.get(CPU_PROFILE, M_PROFILE) != M_PROFILE:
            raise Problem(f"{path}: its build attributes name no M-profile core")
        self.architecture, self.core = ARCHITECTURES[tags[CPU_ARCH]]
        self._tag = tags[CPU_ARCH]
        loaded = [section for section in elf.sections
                  if section.kind == SHT_PROGBITS and section.flags & ALLOCATED and section.size]
        loaded.sort(key=lambda section: section.address)
        self._section_starts = [section.address for section in loaded]
        self._sections = [(section, elf.content(section)) for section in loaded]
        self._read_symbols()
        self._line = lines_of(path)

    def prove_runs_on(self, core: str) -> None:
        """Raise Problem if the core cannot run the image: its cycles would be those of other instructions."""
        if self._tag not in RUNS[core]:
            raise Problem(f"{self.path}: a {core} cannot run it: it is for {self.architecture}")

    def _read_symbols(self) -> None:
        self.values = {symbol.name: symbol.value for symbol in self._elf.symbols}
        self._addresses: dict[str, set[int]] = {}  # of functions, by name: local ones may share one
        self._named: dict[int, Symbol] = {}        # of an address, the largest function that begins there
        marks: list[tuple[int, str]] = []          # mapping symbols: from where on there is code ("t") or data ("d")
        code = {number for number, section in enumerate(self._elf.sections) if section.flags & EXECUTABLE}
        for symbol in self._elf.symbols:
            name, address = symbol.name, symbol.value
            if symbol.section == UNDEFINED or symbol.section not in code:
                continue
            if name[:2] in ("$t", "$d", "$a") and name[2:3] in ("", "."):
                marks.append((address, name[1]))
            elif symbol.kind == FUNCTION:
                section = self._elf.sections[symbol.section]
                if address + symbol.size > section.address + section.size:
                    raise Problem(f"{self.path}: {name} is larger than its section: the image is damaged")
                self._addresses.setdefault(name, set()).add(address)
                if address not in self._named or symbol.size >= self._named[address].size:
                    self._named[address] = symbol
        if not self._addresses:
            raise Problem(f"{self.path}: no symbols: give the image as the linker made it, before it is stripped")
        self._starts = sorted(self._named)
        marks.sort()
        self._marks = [address for address, _ in marks]
        self._mark_kinds = [kind for _, kind in marks]

    # ---- Bytes -----------------------------------------------------------------------------------

    def _section(self, address: int) -> tuple[Section, bytes] | None:
        place = bisect.bisect_right(self._section_starts, address) - 1
        if place >= 0 and address < self._section_starts[place] + self._sections[place][0].size:
            return self._sections[place]
        return None

    def code(self, address: int) -> bytes | None:
        """Up to four bytes of an instruction; None if there is no code at the address."""
        section, data = self._section(address) or (None, b"")
        if section is None or not section.flags & EXECUTABLE:
            return None
        place = bisect.bisect_right(self._marks, address) - 1
        if place >= 0 and self._mark_kinds[place] != "t":
            return None
        return data[address - section.address:address - section.address + 4]

    def constant(self, address: int, size: int, literal: bool = False) -> int | None:
        """The number at an address that no store reaches; None if that is not known. Where code can
        be written, only a literal of the code is taken for constant."""
        section, data = self._section(address) or (None, b"")
        if section is None or address + size > section.address + section.size:
            return None
        if section.flags & WRITABLE and not (literal and section.flags & EXECUTABLE):
            return None
        offset = address - section.address
        return int.from_bytes(data[offset:offset + size], "little")

    # ---- Names -----------------------------------------------------------------------------------

    def find(self, name: str) -> set[int]:
        """Where functions of a source name begin, in whatever copies the compiler has made of them."""
        return {address for full, addresses in self._addresses.items() if base_name(full) == name
                for address in addresses}

    def entry(self, name: str) -> int:
        """Where the one function of a name begins. Raises Problem unless there is one."""
        found = self._addresses.get(name) or self.find(name)
        if not found:
            raise Problem(f"{self.path}: no function {name}: it is not linked in, was inlined, or its symbol was "
                          "stripped")
        if len(found) > 1:
            raise Problem(f"{self.path}: {len(found)} functions are called {name}")
        return min(found)

    def function_at(self, address: int) -> tuple[str, int, int] | None:
        """Name, start and end of the function that an address lies in."""
        place = bisect.bisect_right(self._starts, address) - 1
        if place >= 0:
            found = self._named[self._starts[place]]
            if address < found.value + found.size or address == found.value:
                return found.name, found.value, found.value + found.size
        return None

    def place(self, address: int) -> str:
        """An address in words: 0x00000e6c (free+0x12)."""
        found = self.function_at(address)
        if found is None:
            return f"{address:#010x} (in no function that has a symbol)"
        name, start, _ = found
        return f"{address:#010x} ({name}+{address - start:#x})"

    def line(self, address: int) -> str:
        """The source line that an address comes from, or nothing: for the eye only."""
        return self._line(address) or ""


def base_name(name: str) -> str:
    """A function's name without what the compiler adds to its copies: .constprop.0, .lto_priv.1 ..."""
    return name.split(".", 1)[0]
