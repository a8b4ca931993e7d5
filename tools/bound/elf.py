"""The linked image: its bytes, its symbols, the core that it is for.

SPDX-License-Identifier: MIT
"""
import bisect

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

EXECUTABLE, WRITABLE, ALLOCATED = 0x4, 0x1, 0x2
CPU_ARCH, CPU_PROFILE, M_PROFILE = 6, 7, ord("M")

# Tag_CPU_arch of the build attributes (Arm IHI0045, Addenda), and the core whose timing is published
# for it. ARMv6-M: the Cortex-M0+ takes no instruction longer than the Cortex-M0. ARMv7E-M may be a
# Cortex-M4 or an M7: the caller has to say.
ARCHITECTURES = {
    11: ("ARMv6-M", "cortex-m0"),
    12: ("ARMv6-M", "cortex-m0"),
    10: ("ARMv7-M", "cortex-m3"),
    13: ("ARMv7E-M", None),
    16: ("ARMv8-M Baseline", None),
    17: ("ARMv8-M Mainline", None),
    21: ("ARMv8.1-M Mainline", None),
}


class BadImage(Exception):
    """The file cannot be read as what it has to be; says why."""


class Image:
    """One ELF file. Addresses of functions are without the Thumb bit."""

    def __init__(self, path):
        self.path = path
        self._lines = None  # read when they are asked for
        try:
            with open(path, "rb") as file:
                self._read(ELFFile(file))
        except OSError as error:
            raise BadImage(f"{path}: {error.strerror}") from None
        except ELFError as error:
            raise BadImage(f"{path}: not an ELF file: {error}") from None

    def _read(self, elf):
        if elf["e_machine"] != "EM_ARM" or elf.elfclass != 32 or not elf.little_endian:
            raise BadImage(f"{self.path}: not a little-endian 32-bit ARM image")
        if elf["e_type"] != "ET_EXEC":
            raise BadImage(f"{self.path}: not a linked image (type {elf['e_type']}): calls have no addresses yet")
        self._sections = []  # (start, end, flags, bytes), sorted
        code = set()  # numbers of the sections that instructions stand in
        for number, section in enumerate(elf.iter_sections()):
            if section["sh_flags"] & EXECUTABLE:
                code.add(number)
            if section["sh_type"] == "SHT_PROGBITS" and section["sh_flags"] & ALLOCATED and section["sh_size"]:
                start = section["sh_addr"]
                self._sections.append((start, start + section["sh_size"], section["sh_flags"], section.data()))
        self._sections.sort(key=lambda s: s[0])
        self._read_attributes(elf.get_section_by_name(".ARM.attributes"))
        self._read_symbols(elf.get_section_by_name(".symtab"), code)

    def _read_attributes(self, section):
        tags = _file_attributes(section.data()) if section is not None else {}
        self.architecture, self.core = ARCHITECTURES.get(tags.get(CPU_ARCH), (None, None))
        if self.architecture is None or tags.get(CPU_PROFILE, M_PROFILE) != M_PROFILE:
            raise BadImage(f"{self.path}: its build attributes name no M-profile core")

    def _read_symbols(self, table, code):
        self.functions = {}  # name -> addresses; local functions may share a name
        self.values = {}  # of every symbol that has a name
        self._named = {}  # address -> (name, size), of the largest where several begin
        marks = []
        for symbol in table.iter_symbols() if table is not None else ():
            name, address, size = symbol.name, symbol["st_value"], symbol["st_size"]
            self.values[name] = address
            if symbol["st_shndx"] not in code:
                continue
            if name[:2] in ("$t", "$d", "$a") and name[2:3] in ("", "."):
                marks.append((address, name[1]))
            elif symbol["st_info"]["type"] == "STT_FUNC":
                address &= ~1
                self.functions.setdefault(name, set()).add(address)
                if size >= self._named.get(address, ("", 0))[1]:
                    self._named[address] = (name, size)
        if not self.functions:
            raise BadImage(f"{self.path}: no symbols: give the image as the linker made it, before it is stripped")
        self._starts = sorted(self._named)
        marks.sort()
        self._marks = [address for address, _ in marks]
        self._mark_kinds = [kind for _, kind in marks]

    # ---- Bytes -----------------------------------------------------------------------------------

    def _section(self, address):
        place = bisect.bisect_right(self._sections, address, key=lambda s: s[0]) - 1
        if place >= 0 and address < self._sections[place][1]:
            return self._sections[place]
        return None

    def code(self, address):
        """Up to four bytes of an instruction; None if there is no code at the address."""
        section = self._section(address)
        if section is None or not section[2] & EXECUTABLE:
            return None
        place = bisect.bisect_right(self._marks, address) - 1
        if place >= 0 and self._mark_kinds[place] != "t":
            return None
        return section[3][address - section[0]:address - section[0] + 4]

    def constant(self, address, size, literal=False):
        """The number that stands at an address that no store reaches; None if that is not known. Where code can
        be written, only a literal of the code is taken for constant."""
        section = self._section(address)
        if section is None or address + size > section[1]:
            return None
        if section[2] & WRITABLE and not (literal and section[2] & EXECUTABLE):
            return None
        return int.from_bytes(section[3][address - section[0]:address - section[0] + size], "little")

    # ---- Names -----------------------------------------------------------------------------------

    def find(self, name):
        """Where functions of a source name begin, in whatever copies the compiler has made of them."""
        return {address for full, addresses in self.functions.items() if base_name(full) == name
                for address in addresses}

    def entry(self, name):
        """Where the one function of a name begins."""
        found = self.functions.get(name) or self.find(name)
        if not found:
            raise BadImage(f"{self.path}: no function {name}: it is not linked in, was inlined, or its symbol was "
                           "stripped")
        if len(found) > 1:
            raise BadImage(f"{self.path}: {len(found)} functions are called {name}")
        return min(found)

    def function_at(self, address):
        """Name, start and end of the function that an address lies in."""
        place = bisect.bisect_right(self._starts, address) - 1
        if place >= 0:
            start = self._starts[place]
            name, size = self._named[start]
            if address < start + size or address == start:
                return name, start, start + size
        return None

    def place(self, address):
        """An address in words: 0x00000e6c (free+0x12)."""
        found = self.function_at(address)
        if found is None:
            return f"{address:#010x} (in no function that has a symbol)"
        name, start, _ = found
        return f"{address:#010x} ({name}+{address - start:#x})"

    def line(self, address):
        """The source line that an address comes from, or nothing: for the eye only."""
        if self._lines is None:
            with open(self.path, "rb") as file:
                self._lines = sorted(_source_lines(ELFFile(file)))
        place = bisect.bisect_right(self._lines, address, key=lambda entry: entry[0]) - 1
        return self._lines[place][1] if place >= 0 else ""


def _source_lines(elf):
    """(address, file:line), by the image's debug information, if it has any."""
    dwarf = elf.get_dwarf_info() if elf.has_dwarf_info() else None
    for unit in dwarf.iter_CUs() if dwarf is not None else ():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        files = program["file_entry"]
        first = 0 if program["version"] >= 5 else 1
        for entry in program.get_entries():
            state = entry.state
            if state is not None and not state.end_sequence and 0 <= state.file - first < len(files):
                name = files[state.file - first].name.decode(errors="replace")
                yield state.address, f"{name.rsplit('/', 1)[-1]}:{state.line}"


def _file_attributes(data):
    """Tags and numbers of the build attributes of the whole file. They are of version "A": subsections of a
    length, a vendor and parts; a part of a tag, a length and attributes."""
    place = 1
    while place < len(data):
        length = int.from_bytes(data[place:place + 4], "little")
        vendor_end = data.index(0, place + 4)
        if data[place + 4:vendor_end] == b"aeabi":
            return dict(_attributes(data, vendor_end + 6, place + length))
        place += length
    return {}


def _attributes(data, place, end):
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


def _uleb128(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def base_name(name):
    """A function's name without what the compiler adds to its copies: .constprop.0, .lto_priv.1 ..."""
    return name.split(".", 1)[0]
