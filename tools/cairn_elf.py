"""Reads an ELF file: sections, segments, symbols, and what the image says of its heap (.cairn.layout).

Needs nothing but Python, so that it also runs in a gdb that comes with a Python of its own. Lines of the
source are not read here: gdb knows them, and cairn_image.py asks pyelftools.

SPDX-License-Identifier: MIT
"""
import bisect
import re
import shutil
import struct
import subprocess


class Problem(Exception):
    """What cannot be done, as a sentence for the user."""


class Symbol:
    def __init__(self, name, value, size, kind):
        self.name, self.value, self.size, self.kind = name, value, size, kind


OBJECT, FUNCTION = 1, 2  # STT_OBJECT, STT_FUNC
PT_LOAD, SHT_SYMTAB, SHT_NOBITS, EM_ARM = 1, 2, 8, 40


class Elf:
    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb") as file:
                self.bytes = file.read()
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from None
        if self.bytes[:4] != b"\x7fELF" or len(self.bytes) < 52:
            raise Problem(f"{path} is not an ELF file")
        self.wide = self.bytes[4] == 2
        self.order = "<" if self.bytes[5] == 1 else ">"
        try:
            self._read_headers()
        except (struct.error, IndexError):
            raise Problem(f"{path} is cut off, or not a sound ELF file") from None
        self._named = self._functions = None

    def _unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.bytes, offset)

    def _read_headers(self):
        form = "16xHHIQQQIHHHHHH" if self.wide else "16xHHIIIIIHHHHHH"
        (_, machine, _, _, ph, sh, _, _, ph_size, ph_count, sh_size, sh_count, names) = self._unpack(form, 0)
        self._odd = machine == EM_ARM  # addresses of Thumb functions
        self.segments = []  # address, offset, bytes in the file
        for n in range(ph_count):
            if self.wide:
                kind, _, offset, address, _, size = self._unpack("IIQQQQ", ph + n * ph_size)
            else:
                kind, offset, address, _, size = self._unpack("IIIII", ph + n * ph_size)
            if kind == PT_LOAD and size:
                self.segments.append((address, offset, size))
        form = "IIQQQQI" if self.wide else "IIIIIII"  # name, type, flags, address, offset, size, link
        headers = [self._unpack(form, sh + n * sh_size) for n in range(sh_count)]
        self.sections = {}
        for header in headers:
            self.sections.setdefault(self._string(headers[names][4], header[0]), header)
        self._headers = headers

    def _string(self, table, offset):
        end = self.bytes.index(b"\0", table + offset)
        return self.bytes[table + offset:end].decode("utf-8", "replace")

    def section(self, name):
        """The bytes of a section; None if there is none."""
        header = self.sections.get(name)
        if header is None or header[1] == SHT_NOBITS:
            return None
        return self.bytes[header[4]:header[4] + header[5]]

    # ---- Symbols -----------------------------------------------------------------------------

    def _read_symbols(self):
        self._named, functions = {}, {}
        for _, kind, _, _, offset, size, link in self._headers:
            if kind != SHT_SYMTAB:
                continue
            form = struct.Struct(self.order + ("IBBHQQ" if self.wide else "IIIBBH"))
            names = self._headers[link][4]
            for fields in form.iter_unpack(self.bytes[offset:offset + size // form.size * form.size]):
                if self.wide:
                    name, info, _, section, value, length = fields
                else:
                    name, value, length, info, _, section = fields
                if section == 0 or info & 15 > FUNCTION:
                    continue
                symbol = Symbol(self._string(names, name), value, length, info & 15)
                if symbol.kind == FUNCTION:
                    symbol.value -= symbol.value & self._odd
                    if symbol.value not in functions or length:
                        functions[symbol.value] = symbol
                # A global one is meant before a local one of the same name.
                if symbol.name and (info >> 4 or symbol.name not in self._named):
                    self._named[symbol.name] = symbol
        self._functions = sorted(functions.values(), key=lambda symbol: symbol.value)
        self._starts = [symbol.value for symbol in self._functions]

    def symbol(self, name):
        """The symbol of that name, or None."""
        if self._named is None:
            self._read_symbols()
        return self._named.get(name)

    def has_symbols(self):
        self.symbol("")
        return bool(self._named)

    def call_before(self, address):
        """An address in the call that returns to this one."""
        return address - (address & self._odd) - 1

    def function(self, address):
        """The function that the address lies in, or None."""
        self.symbol("")
        n = bisect.bisect_right(self._starts, address) - 1
        if n < 0 or address - self._starts[n] >= (self._functions[n].size or 4096):
            return None
        return self._functions[n]

    def object(self, address):
        """The variable that the address lies in, or None."""
        self.symbol("")
        for symbol in self._named.values():
            if symbol.kind == OBJECT and 0 <= address - symbol.value < symbol.size:
                return symbol
        return None

    # ---- The heap's layout -------------------------------------------------------------------

    def layout(self):
        """What the image says of its heap: a number for each key. allocator/layout.h."""
        text = self.section(".cairn.layout")
        if text is None:
            raise Problem(f"{self.path} has no section .cairn.layout: it is not linked with Cairn's heap, or its "
                          "linker script drops that section")
        layout = {}
        for key, value in re.findall(r"([a-z0-9._]+) (-?\d+)\n", text.decode("ascii", "replace")):
            if layout.setdefault(key, int(value)) != int(value):
                raise Problem(f"{self.path} holds two libraries of different options: {key} differs")
        if layout.get("cairn.layout") != 2:
            raise Problem(f"{self.path}: layout {layout.get('cairn.layout')}; this tool knows layout 2")
        return layout


_demangled = {}


def demangle(name):
    """A C++ name as it is written, if a c++filt is there; else as it is."""
    if not name.startswith("_Z"):
        return name
    if name not in _demangled:
        _demangled[name] = name
        tool = shutil.which("c++filt") or shutil.which("arm-none-eabi-c++filt")
        if tool:
            _demangled[name] = subprocess.run([tool, name], capture_output=True, text=True).stdout.strip() or name
    return _demangled[name]
