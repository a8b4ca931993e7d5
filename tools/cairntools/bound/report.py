# SPDX-License-Identifier: MIT
"""What is printed."""
from __future__ import annotations

import textwrap
from typing import Sequence, TextIO, Union

from .image import Image
from .paths import Paths
from .timing import SOURCES

# A bound: instructions, cycles, instructions and cycles with interrupts off; "-" where there are no cycles.
Numbers = Sequence[Union[int, str]]

HEAD = ("", "instructions", "cycles", "interrupts off:", "cycles")


class Row:
    """One entry: its Paths, or the words that say why there is no bound."""

    def __init__(self, name: str, paths: Paths | None = None, refused: str = "") -> None:
        self.name, self.paths, self.refused = name, paths, refused

    def numbers(self, timed: bool) -> Numbers:
        """Instructions and cycles: of the longest path, and of the longest stretch with interrupts off."""
        if self.paths is None:
            return ["-"] * 4
        (total, cycles), (off, off_cycles) = self.paths.lengths.total, self.paths.lengths.stretch
        if not timed:
            return total, "-", off, "-"
        return total, cycles, off, off_cycles


def table(title: str, core: str, timed: bool, rows: Sequence[Row], left_out: dict[str, str], out: TextIO) -> None:
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


def tab_separated(label: str, timed: bool, rows: Sequence[Row], out: TextIO) -> None:
    """The same for programs: label, entry, the four numbers, and why where there are none."""
    for row in rows:
        print(label, row.name, *row.numbers(timed), row.refused, sep="\t", file=out)


def path(image: Image, row: Row, which: str, out: TextIO) -> None:
    """The longest path, or stretch, a line for each piece of straight code."""
    if row.paths is None:
        return
    print(f"  {row.name}, the longest {which}: instructions, interrupts, from where\n", file=out)
    for node, edge in row.paths.path(which):
        depth = "  " * (len(node.calls) - 1)
        off = "off" if node.state.masked else "on"
        print(f"  {edge.cost[0]:4}  {off:3}  {depth}{image.place(node.pc)}  {image.line(node.pc)}", file=out)
    print(file=out)
