"""Files and lines of the source, by an ELF file's DWARF, read by pyelftools where that is installed.

SPDX-License-Identifier: MIT
"""
import bisect
import os


def lines_of(path):
    """A function from an address to "file:line" or None. What it needs is read when it is first called."""
    rows, starts = [], []

    def line(address):
        if not starts:
            rows.extend(read_rows(path) or [(0, None)])
            starts.extend(row[0] for row in rows)
        n = bisect.bisect_right(starts, address) - 1
        return rows[n][1] if n >= 0 else None

    return line


def read_rows(path):
    """From which address on which line, None for none, in order."""
    try:
        from elftools.common.exceptions import DWARFError, ELFError
        from elftools.elf.elffile import ELFFile
    except ImportError:
        return []
    rows = []
    with open(path, "rb") as file:
        elf = ELFFile(file)
        if not elf.get_section_by_name(".debug_line"):
            return []
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            try:
                rows += unit_rows(dwarf.line_program_for_CU(unit))
            except (DWARFError, ELFError, KeyError):
                continue  # one unit without lines does not keep the others from theirs
    return sorted(rows, key=lambda row: (row[0], row[1] is not None))  # where one sequence ends another begins


def unit_rows(program):
    """The same of one unit."""
    if program is None:
        return
    files = program.header.file_entry
    base = 0 if program.header.version >= 5 else 1
    sequence = []
    for state in (entry.state for entry in program.get_entries()):
        if state is None:
            continue
        if state.end_sequence:
            if sequence and sequence[0][0] != 0:  # at 0 stands what the linker has dropped
                yield from sequence + [(state.address, None)]
            sequence = []
        elif 0 <= state.file - base < len(files):
            name = files[state.file - base].name.decode("utf-8", "replace")
            sequence.append((state.address, f"{os.path.basename(name)}:{state.line}"))
