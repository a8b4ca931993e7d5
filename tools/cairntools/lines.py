# SPDX-License-Identifier: MIT
"""Files, lines and functions of the source, by an ELF file's DWARF, read by pyelftools where that is installed.

In damaged debug information pyelftools raises errors of any kind (KeyError, AttributeError, errors of its own). What it
cannot read is taken as if it was not there: no address depends on it.
"""
from __future__ import annotations

import bisect
import contextlib
import io
import os
from typing import Any, Callable, Iterator, List, Optional, Set, Tuple

# From an address to "file:line", or None; and to functions, each with its "file:line".
Line = Callable[[int], Optional[str]]
Frame = Tuple[str, str]
Chain = Callable[[int], List[Frame]]
Row = Tuple[int, Optional[str]]


# ---- Lines -----------------------------------------------------------------------------------------

def lines_of(path: str) -> Line:
    """A function from an address to "file:line" or None. What it needs is read when it is first called."""
    rows: list[Row] = []
    starts: list[int] = []

    def line(address: int) -> str | None:
        if not starts:
            rows.extend(read_rows(path) or [(0, None)])
            starts.extend(row[0] for row in rows)
        n = bisect.bisect_right(starts, address) - 1
        return rows[n][1] if n >= 0 else None

    return line


def read_rows(path: str) -> list[Row]:
    """From which address on which line, None for none, in order; empty if nothing is known."""
    try:
        from elftools.elf.elffile import ELFFile
    except ImportError:
        return []
    rows: list[Row] = []
    with open(path, "rb") as file, contextlib.suppress(Exception):
        elf = ELFFile(file)
        if not elf.get_section_by_name(".debug_line"):
            return []
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            with contextlib.suppress(Exception):  # one unit without lines does not keep the others from theirs
                rows += unit_rows(dwarf.line_program_for_CU(unit))
    return sorted(rows, key=lambda row: (row[0], row[1] is not None))  # where one sequence ends another begins


def unit_rows(program: Any) -> Iterator[Row]:
    """The same of one unit, by its line program."""
    if program is None:
        return
    sequence: list[Row] = []
    for state in (entry.state for entry in program.get_entries()):
        if state is None:
            continue
        if state.end_sequence:
            if sequence and sequence[0][0] != 0:  # the linker leaves at 0 what it has dropped
                yield from sequence + [(state.address, None)]
            sequence = []
        elif (name := file_name(program, state.file)) is not None:
            sequence.append((state.address, f"{name}:{state.line}"))


def file_name(program: Any, number: int) -> str | None:
    """The name of the file that a line program has under the number, without folders; None if it has none."""
    files = program.header.file_entry
    place = number - (0 if program.header.version >= 5 else 1)
    return os.path.basename(files[place].name.decode("utf-8", "replace")) if 0 <= place < len(files) else None


# ---- Functions -------------------------------------------------------------------------------------


def chains_of(path: str, generic: Optional[Set[str]] = None) -> Chain:
    """A function from an address to the functions of the source that the code there is of, the innermost first: each
    with the line where it is, or calls the one before it. Empty if that is not known. What it needs is read when it is
    first called. Names of functions that return void * for a number are added to `generic`, as they are met."""
    units: list[Unit] = []
    opened: list[bool] = []
    line = lines_of(path)

    def chain(address: int) -> list[Frame]:
        if not opened:
            opened.append(True)
            units.extend(read_units(path))
        unit = next((unit for unit in units if unit.holds(address)), None)
        return unit.chain(address, line(address), generic) if unit is not None else []

    return chain


def read_units(path: str) -> list[Unit]:
    """The units of an ELF file; empty if it has none, or they cannot be read."""
    try:
        from elftools.elf.elffile import ELFFile
    except ImportError:
        return []
    with open(path, "rb") as file, contextlib.suppress(Exception):
        elf = ELFFile(io.BytesIO(file.read()))
        return [Unit(unit) for unit in elf.get_dwarf_info().iter_CUs()] if elf.has_dwarf_info() else []
    return []


class Unit:
    """A unit of DWARF: where its code is, and its functions, which are read when they are first asked for."""

    def __init__(self, unit: Any) -> None:
        self._unit = unit
        self._ranges = self._ranges_of(unit.get_top_DIE())
        self._functions: list[tuple[int, int, Any]] | None = None

    def holds(self, address: int) -> bool:
        """Is code of the unit at the address?"""
        return any(low <= address < high for low, high in self._ranges)

    def chain(self, address: int, line: str | None, generic: Optional[Set[str]] = None) -> list[Frame]:
        """The functions at the address, the innermost first; `line` is where its code is. Those that return void * for
        a number are added to `generic`."""
        if self._functions is None:
            self._functions = []
            with contextlib.suppress(Exception):
                self._functions = list(self._read_functions())
        # An inner function comes after the outer one in the tree.
        found = [die for low, high, die in self._functions if low <= address < high][::-1]
        with contextlib.suppress(Exception):
            places = [line or ""] + [self._call_of(die) for die in found]
            names = [self._name(die) or "?" for die in found]
            if generic is not None:
                generic.update(name for die, name in zip(found, names) if self._is_generic(die))
            return list(zip(names, places))
        return []

    def _is_generic(self, die: Any) -> bool:
        """Does the function return void *, and take a number? So do those that allocate for others."""
        returned, takes = None, False
        for one in self._linked(die):
            returned = returned or self._type_of(one)
            takes = takes or any(self._is_number(self._type_of(child)) for child in one.iter_children()
                                 if child.tag == "DW_TAG_formal_parameter")
        return takes and returned is not None and returned.tag == "DW_TAG_pointer_type" \
            and "DW_AT_type" not in returned.attributes

    @staticmethod
    def _linked(die: Any) -> Iterator[Any]:
        """An entry, and those that it is an instance, or the definition, of."""
        links = ("DW_AT_abstract_origin", "DW_AT_specification")
        for _ in range(8):
            yield die
            link = next((key for key in links if key in die.attributes), None)
            if link is None:
                return
            die = die.get_DIE_from_attribute(link)

    @staticmethod
    def _type_of(die: Any) -> Any:
        """The entry of its type, without names and qualifiers; None for none."""
        for _ in range(16):
            if "DW_AT_type" not in die.attributes:
                return None
            die = die.get_DIE_from_attribute("DW_AT_type")
            if die.tag not in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
                return die
        return None

    @staticmethod
    def _is_number(type_: Any) -> bool:
        """An integer of two bytes at least."""
        signed, unsigned = 5, 7  # DW_ATE
        return type_ is not None and type_.tag == "DW_TAG_base_type" and type_.attributes["DW_AT_byte_size"].value > 1 \
            and type_.attributes["DW_AT_encoding"].value in (signed, unsigned)

    def _call_of(self, die: Any) -> str:
        """Where an inlined function was called."""
        attributes = die.attributes
        if "DW_AT_call_file" not in attributes or "DW_AT_call_line" not in attributes:
            return ""
        program = self._unit.dwarfinfo.line_program_for_CU(self._unit)
        name = file_name(program, attributes["DW_AT_call_file"].value) if program is not None else None
        return f"{name}:{attributes['DW_AT_call_line'].value}" if name is not None else ""

    def _read_functions(self) -> Iterator[tuple[int, int, Any]]:
        """Pieces of code, and the entry of the function that each is of."""
        for die in self._unit.iter_DIEs():
            if die.tag in ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine"):
                for low, high in self._ranges_of(die):
                    yield low, high, die

    def _ranges_of(self, die: Any) -> list[tuple[int, int]]:
        """The pieces of code of an entry, without those that the linker has dropped and left at 0."""
        attributes = die.attributes
        if "DW_AT_ranges" in attributes:
            return [piece for piece in self._listed(attributes["DW_AT_ranges"].value) if piece[0]]
        if "DW_AT_low_pc" not in attributes or "DW_AT_high_pc" not in attributes:
            return []
        low, end = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
        high = end.value if end.form == "DW_FORM_addr" else low + end.value
        return [(low, high)] if low else []

    def _listed(self, offset: int) -> Iterator[tuple[int, int]]:
        top = self._unit.get_top_DIE().attributes
        base = top["DW_AT_low_pc"].value if "DW_AT_low_pc" in top else 0
        for entry in self._unit.dwarfinfo.range_lists().get_range_list_at_offset(offset, self._unit):
            if hasattr(entry, "base_address"):
                base = entry.base_address
            else:
                start = 0 if entry.is_absolute else base
                yield start + entry.begin_offset, start + entry.end_offset

    @staticmethod
    def _name(die: Any) -> str | None:
        """The name of a function: of an inlined one it is where it was defined, or declared. A name as the linker
        has it is preferred: that of C++ says more."""
        for one in Unit._linked(die):
            for key in ("DW_AT_linkage_name", "DW_AT_name"):
                if key in one.attributes:
                    name: bytes = one.attributes[key].value
                    return name.decode("utf-8", "replace")
        return None
