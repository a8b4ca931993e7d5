"""target_coverage.py LOG...: what of port/ the firmwares of the tests execute, by lines of the source.

A LOG is QEMU's `-d in_asm` with -singlestep: each address that was executed, once. Its name is the image's path, with @
for /. The image's line table (DWARF) says which line an instruction is of. A line counts if some image has an
instruction of it, whether or not the linker has kept it; it is executed if any was, in any image. The compiler makes
one of what is alike: then one of the lines counts, and the figures are lower bounds.

SPDX-License-Identifier: MIT
"""

import bisect
import collections
import concurrent.futures
import os
import sys

from elftools.elf.elffile import ELFFile

from functions import functions_of

FOLDER = "port/"


def executed_addresses(log):
    with open(log, encoding="ascii", errors="replace") as file:
        return sorted({int(line[2:10], 16) for line in file if line.startswith("0x")})


def paths_of(program, top):
    """Paths of the files in a line table, by their number."""
    header = program.header
    root = top.attributes["DW_AT_comp_dir"].value.decode()
    version5 = header.version >= 5
    paths = {}
    for number, entry in enumerate(header.file_entry, start=0 if version5 else 1):
        folder = ""
        if version5 or entry.dir_index > 0:
            folder = header.include_directory[entry.dir_index - (0 if version5 else 1)].decode()
        paths[number] = os.path.relpath(os.path.join(root, folder, entry.name.decode()))
    return paths


def ranges_of(image):
    """(file, line, first address, last one + 1) for the code of port/; addresses 0 of what was left out."""
    with open(image, "rb") as file:
        dwarf = ELFFile(file).get_dwarf_info()
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            paths = paths_of(program, unit.get_top_DIE())
            if not any(path.startswith(FOLDER) for path in paths.values()):
                continue
            yield from ranges_of_program(program, paths)


def ranges_of_program(program, paths):
    before, kept = None, True
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if before is None:
            kept = state.address != 0
        elif before.address < state.address and paths[before.file].startswith(FOLDER) and before.line != 0:
            yield paths[before.file], before.line, *((before.address, state.address) if kept else (0, 0))
        before = None if state.end_sequence else state


def lines_of(log):
    """(file, line) to whether it was executed, of one image."""
    lines = collections.defaultdict(bool)
    addresses = executed_addresses(log)
    for path, line, start, end in ranges_of(os.path.basename(log).removesuffix(".log").replace("@", "/")):
        at = bisect.bisect_left(addresses, start)
        lines[path, line] |= at < len(addresses) and addresses[at] < end
    return lines


def lines_of_all(logs):
    union = collections.defaultdict(bool)
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for lines in pool.map(lines_of, logs, chunksize=8):
            for place, executed in lines.items():
                union[place] |= executed
    return union


def main(*logs):
    lines = lines_of_all(logs)
    missed = []
    rows = [("file", "functions", "lines")]
    sums = [0, 0, 0, 0]
    for path in sorted({path for path, _ in lines}):
        found = {line: executed for (file, line), executed in lines.items() if file == path}
        functions = []
        for name, first, last in functions_of(path):
            inside = {line: executed for line, executed in found.items() if first <= line <= last}
            if not inside:
                continue
            functions.append(any(inside.values()))
            if not functions[-1]:
                missed.append(f"{path}:{first} {name}: is never called")
            else:
                missed += [f"{path}:{line} {name}: is never reached" for line in sorted(inside) if not inside[line]]
        counts = [sum(functions), len(functions), sum(found.values()), len(found)]
        sums = [a + b for a, b in zip(sums, counts)]
        rows.append((path, f"{counts[0]}/{counts[1]}", f"{counts[2]}/{counts[3]}"))
    rows.append(("all", f"{sums[0]}/{sums[1]}", f"{sums[2]}/{sums[3]}"))
    for path, called, reached in rows:
        print(f"{path:36}{called:>10}{reached:>10}")
    print()
    print("\n".join(missed))


if __name__ == "__main__":
    main(*sys.argv[1:])
