# SPDX-License-Identifier: MIT
"""Reads an ELF file: sections, segments, symbols, build attributes, and what the image says of its heap
(allocator/core/layout.h).

Needs nothing but Python, so that it also runs in a gdb that comes with a Python of its own. Lines of the source are
read elsewhere: gdb knows them, and lines.py asks pyelftools.
"""
from __future__ import annotations

import bisect
import re
import struct
from typing import Iterator, NamedTuple, NoReturn

from .text import Problem

# Types of symbols and sections, flags of sections, machines and kinds of files, as the ELF specification numbers them.
OBJECT, FUNCTION = 1, 2
PT_LOAD, SHT_PROGBITS, SHT_SYMTAB, SHT_NOBITS = 1, 1, 2, 8
WRITABLE, ALLOCATED, EXECUTABLE = 0x1, 0x2, 0x4
EM_ARM, EM_RISCV, ET_REL, ET_EXEC, UNDEFINED = 40, 243, 1, 2, 0
LAYOUT = 2  # the version of the layout that is known here (allocator/core/layout.h)
UNSIZED = 4096  # bytes that a function without a size is taken to have at most


class Section(NamedTuple):
    """A section header. `name` is its name itself."""

    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int


class Symbol(NamedTuple):
    """A symbol. The value of a Thumb function is its address, without the odd bit."""

    name: str
    value: int
    size: int
    kind: int
    is_global: bool
    section: int


class Layout(dict[str, int]):
    """What an image says of its heap. A line that is missing, as in a damaged file, raises Problem."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def __missing__(self, key: str) -> NoReturn:
        raise Problem(f"{self._path}: its section .comment is damaged: there is no line of Cairn's with {key}")


class Elf:
    """One ELF file, of 32 or 64 bits, in either byte order. Raises Problem if it cannot be read."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            with open(path, "rb") as file:
                self.bytes = file.read()
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from None
        if self.bytes[:4] != b"\x7fELF" or len(self.bytes) < 52:
            raise Problem(f"{path} is not an ELF file")
        self.wide = self.bytes[4] == 2
        self.word = 1 << (64 if self.wide else 32)  # how many addresses there are
        self.order = "<" if self.bytes[5] == 1 else ">"
        try:
            self._read_headers()
            self.symbols = list(self._read_symbols())
        except (struct.error, IndexError, ValueError):
            raise Problem(f"{path} is cut off, or not a sound ELF file") from None
        self._index_symbols()

    # ---- Headers -------------------------------------------------------------------------------

    def _unpack(self, form: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + form, self.bytes, offset)

    def _read_headers(self) -> None:
        form = "16xHHIQQQIHHHHHH" if self.wide else "16xHHIIIIIHHHHHH"
        (self.kind, self.machine, _, _, ph, sh, _, _, ph_size, ph_count, sh_size, sh_count,
         names) = self._unpack(form, 0)
        self._odd = self.machine == EM_ARM  # addresses of Thumb functions
        # Of machines that Cairn has a port for; others are a host's, whose programs are loaded at any address.
        self.is_firmware = self.machine in (EM_ARM, EM_RISCV)
        self.segments = list(self._read_segments(ph, ph_size, ph_count))
        form = "IIQQQQI" if self.wide else "IIIIIII"
        headers = [self._unpack(form, sh + n * sh_size) for n in range(sh_count)]
        self.sections = [Section(self._string(headers[names][4], header[0]), *header[1:]) for header in headers]

    def _read_segments(self, start: int, each: int, count: int) -> Iterator[tuple[int, int, int]]:
        """For each loaded segment: its address, its offset in the file, and its bytes there."""
        for n in range(count):
            if self.wide:
                kind, _, offset, address, _, size = self._unpack("IIQQQQ", start + n * each)
            else:
                kind, offset, address, _, size = self._unpack("IIIII", start + n * each)
            if kind == PT_LOAD and size:
                yield address, offset, size

    def _string(self, table: int, offset: int) -> str:
        end = self.bytes.index(b"\0", table + offset)
        return self.bytes[table + offset:end].decode("utf-8", "replace")

    def content(self, section: Section) -> bytes:
        """The bytes of a section in the file."""
        return self.bytes[section.offset:section.offset + section.size]

    def section(self, name: str) -> bytes | None:
        """The bytes of the first section of that name; None if there is none, or it has no bytes in the file."""
        found = next((section for section in self.sections if section.name == name), None)
        return self.content(found) if found is not None and found.kind != SHT_NOBITS else None

    # ---- Symbols -------------------------------------------------------------------------------

    def _read_symbols(self) -> Iterator[Symbol]:
        for table in self.sections:
            if table.kind != SHT_SYMTAB:
                continue
            form = struct.Struct(self.order + ("IBBHQQ" if self.wide else "IIIBBH"))
            names = self.sections[table.link].offset
            data = self.content(table)
            for fields in form.iter_unpack(data[:len(data) // form.size * form.size]):
                if self.wide:
                    name, info, _, section, value, size = fields
                else:
                    name, value, size, info, _, section = fields
                kind = info & 15
                if kind == FUNCTION:
                    value -= value & self._odd
                yield Symbol(self._string(names, name), value, size, kind, info >> 4 != 0, section)

    def _index_symbols(self) -> None:
        self._named: dict[str, Symbol] = {}
        functions: dict[int, Symbol] = {}
        for symbol in self.symbols:
            if symbol.section == UNDEFINED or symbol.kind > FUNCTION:
                continue
            if symbol.kind == FUNCTION and (symbol.value not in functions or symbol.size):
                functions[symbol.value] = symbol
            # A global one is meant before a local one of the same name.
            if symbol.name and (symbol.is_global or symbol.name not in self._named):
                self._named[symbol.name] = symbol
        self._functions = sorted(functions.values(), key=lambda symbol: symbol.value)
        self._starts = [symbol.value for symbol in self._functions]

    def symbol(self, name: str) -> Symbol | None:
        """The symbol of that name that is defined here, or None."""
        return self._named.get(name)

    def value(self, name: str) -> int:
        """Its value; 0 if there is none, as a weak symbol has it."""
        symbol = self._named.get(name)
        return symbol.value if symbol is not None else 0

    def has_symbols(self) -> bool:
        """False for a stripped file."""
        return bool(self._named)

    def call_before(self, address: int) -> int:
        """An address in the call that returns to this one."""
        return address - (address & self._odd) - 1

    def function(self, address: int) -> Symbol | None:
        """The function that the address lies in, or None."""
        n = bisect.bisect_right(self._starts, address) - 1
        if n < 0 or address - self._starts[n] >= (self._functions[n].size or UNSIZED):
            return None
        return self._functions[n]

    def object(self, address: int) -> Symbol | None:
        """The variable that the address lies in, or None."""
        for symbol in self._named.values():
            if symbol.kind == OBJECT and 0 <= address - symbol.value < symbol.size:
                return symbol
        return None

    # ---- What the image says of itself -----------------------------------------------------------

    def layout(self) -> dict[str, int]:
        """What the image says of its heap: a number for each key of allocator/core/layout.h. Raises Problem if it says
        nothing, contradicts itself, or has a layout that is not known here."""
        lines = self._layout_lines()
        if not lines:
            raise Problem(f"{self.path} has no section .comment with Cairn's lines: it is not linked with Cairn's "
                          "heap, or its linker script drops that section")
        layout = Layout(self.path)
        for key, value in lines:
            if layout.setdefault(key, int(value)) != int(value):
                raise Problem(f"{self.path} holds two libraries of different options: {key} differs")
        if layout.get("cairn.layout") != LAYOUT:
            raise Problem(f"{self.path}: layout {layout.get('cairn.layout')}; this tool knows layout {LAYOUT}")
        return layout

    def has_layout(self) -> bool:
        """Does the image say something of a heap?"""
        return bool(self._layout_lines())

    def _layout_lines(self) -> list[tuple[str, str]]:
        text = (self.section(".comment") or b"").decode("ascii", "replace")
        return re.findall(r"(?<![^\0])cairn: ([a-z0-9._]+) (-?\d+)\0", text)

    def named(self, key: str) -> str | None:
        """The symbol that a line "cairn: key=symbol" names; None without."""
        text = (self.section(".comment") or b"").decode("ascii", "replace")
        found = re.search(rf"(?<![^\0])cairn: {re.escape(key)}=([^\0]+)\0", text)
        return found[1] if found else None

    def attributes(self) -> dict[int, int]:
        """The build attributes of the whole file that are numbers, by tag (Arm IHI0045, Addenda); empty without."""
        data = self.section(".ARM.attributes")
        try:
            return _file_attributes(data) if data is not None else {}
        except (IndexError, ValueError):
            raise Problem(f"{self.path}: its build attributes are cut off") from None


# ---- Build attributes ------------------------------------------------------------------------------


def _file_attributes(data: bytes) -> dict[int, int]:
    """They are of version "A": subsections of a length, a vendor and parts; a part of a tag, a length and
    attributes."""
    place = 1
    while place < len(data):
        length = int.from_bytes(data[place:place + 4], "little")
        vendor_end = data.index(0, place + 4)
        if data[place + 4:vendor_end] == b"aeabi":
            return dict(_attributes(data, vendor_end + 6, place + length))
        place += max(length, 1)
    return {}


def _attributes(data: bytes, place: int, end: int) -> Iterator[tuple[int, int]]:
    """Those that are numbers; some, and all odd ones above 32, are strings."""
    while place < end:
        tag, place = _uleb128(data, place)
        if tag in (4, 5, 32) or tag > 32 and tag % 2:
            if tag == 32:
                _, place = _uleb128(data, place)
            place = data.index(0, place) + 1
            continue
        value, place = _uleb128(data, place)
        yield tag, value


def _uleb128(data: bytes, place: int) -> tuple[int, int]:
    """A number at a place, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
