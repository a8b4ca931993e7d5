# SPDX-License-Identifier: MIT
"""Reads the map that GNU ld writes (-Wl,-Map,FILE): the memory, and what came in from which file."""
from __future__ import annotations

import bisect
import re
from typing import Iterator, NamedTuple

from .elf import ALLOCATED, Elf
from .memory import read_file
from .text import Problem

MEMORY, BODY = "\nMemory Configuration\n", "\nLinker script and memory map\n"
BANK = re.compile(r"^(\S+) +0x([0-9a-f]+) +0x([0-9a-f]+)", re.M)
# A section of an input file. ld breaks the line after a long name.
PIECE = re.compile(r"^ (\S+)(?:\n| )? +0x([0-9a-f]+) +0x([0-9a-f]+) (\S.*)$", re.M)
OUTPUT = re.compile(r"^(\S+)\n? +0x([0-9a-f]+) +0x([0-9a-f]+)(?: load address 0x[0-9a-f]+)?$", re.M)
MEMBER = re.compile(r"([^/()\s]+\.a)\(([^()\s]+)\)")


class Bank(NamedTuple):
    """A region of MEMORY in the linker script."""

    name: str
    start: int
    size: int


class Piece(NamedTuple):
    """A section of an input file, the section of the image that it is a part of, and the address that it got."""

    section: str
    output: str
    address: int
    size: int
    file: str


class Map:
    """The map of one link. Raises Problem if it is not a map of GNU ld."""

    def __init__(self, path: str) -> None:
        self.path = path
        text = "\n" + read_file(path).decode("utf-8", "replace").replace("\r\n", "\n")
        before, found, self._body = text.partition(BODY)
        if not found:
            raise Problem(f'{path} is not a map of GNU ld: it has no part "Linker script and memory map"')
        banks = before.rpartition(MEMORY)[2]
        self.banks = [Bank(name, int(start, 16), int(size, 16)) for name, start, size in BANK.findall(banks)
                      if name != "*default*"]
        # In the list at the beginning, and in the lines LOAD of files that are given whole.
        self.members = sorted(set(MEMBER.findall(text)))

    def pieces(self) -> Iterator[Piece]:
        """The sections of the input files that are in the image, without those of no bytes."""
        outputs = [(match.start(), match[1]) for match in OUTPUT.finditer(self._body)]
        starts = [start for start, _ in outputs]
        for match in PIECE.finditer(self._body):
            section, address, size, file = match.groups()
            output = bisect.bisect_right(starts, match.start()) - 1
            if int(size, 16) and output >= 0:
                yield Piece(section, outputs[output][1], int(address, 16), int(size, 16), file)

    def check(self, elf: Elf) -> None:
        """Raises Problem unless the map is of the link that made this image."""
        outputs = {name: (int(address, 16), int(size, 16)) for name, address, size in OUTPUT.findall(self._body)}
        for section in elf.sections:
            if section.flags & ALLOCATED and section.size and section.name in outputs:
                address, size = outputs[section.name]
                if (section.address, section.size) != (address, size):
                    raise Problem(f"{self.path} is the map of another link: there {section.name} has {size:,} bytes "
                                  f"at {address:#x}, in {elf.path} {section.size:,} at {section.address:#x}")
        if not any(section.name in outputs for section in elf.sections if section.flags & ALLOCATED):
            raise Problem(f"{self.path} is the map of another link: it has none of the sections of {elf.path}")
