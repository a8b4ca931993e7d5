"""What is printed.

SPDX-License-Identifier: MIT
"""
import textwrap

from .timing import SOURCES

HEAD = ("", "instructions", "cycles", "interrupts off:", "cycles")


class Row:
    """One entry: its Paths, or the words that say why there is no bound."""

    def __init__(self, name, paths=None, refused=None):
        self.name, self.paths, self.refused = name, paths, refused

    def numbers(self, timed):
        """Instructions and cycles: of the longest path, and of the longest stretch with interrupts off."""
        (total, cycles), (off, off_cycles) = self.paths.lengths.total, self.paths.lengths.stretch
        return (total, cycles, off, off_cycles) if timed else (total, "-", off, "-")


def table(title, core, timed, rows, left_out, out):
    """The table of an image."""
    print(f"{title}: {core}, {'cycles by ' + SOURCES[core] if timed else 'instructions only'}\n", file=out)
    print("  {:20}{:>13}{:>8}{:>18}{:>8}".format(*HEAD), file=out)
    for row in rows:
        if row.refused:
            print(f"  {row.name:20} no bound: {row.refused}", file=out)
            continue
        total, cycles, off, off_cycles = row.numbers(timed)
        print(f"  {row.name:20}{total:13}{cycles:>8}{off:18}{off_cycles:>8}", file=out)
    if left_out:
        print("\n  Left out:\n", file=out)
    for name, why in sorted(left_out.items()):
        lines = textwrap.wrap(why, 90)
        print(f"  {name:20} {lines[0]}", *(f"  {'':20} {line}" for line in lines[1:]), sep="\n", file=out)
    print(file=out)


def tab_separated(label, timed, rows, out):
    """The same for programs: label, entry, the four numbers, and why where there are none."""
    for row in rows:
        numbers = ["-"] * 4 if row.refused else row.numbers(timed)
        print(label, row.name, *numbers, row.refused or "", sep="\t", file=out)


def path(image, row, which, out):
    """The longest path, or stretch, a line for each piece of straight code."""
    if row.refused:
        return
    print(f"  {row.name}, the longest {which}: instructions, interrupts, from where\n", file=out)
    for node, edge in row.paths.path(which):
        depth = "  " * (len(node.calls) - 1)
        off = "off" if node.state.masked else "on"
        print(f"  {edge.cost[0]:4}  {off:3}  {depth}{image.place(node.pc)}  {image.line(node.pc)}", file=out)
    print(file=out)
