# SPDX-License-Identifier: MIT
"""What the tools share: traces, and the heap itself on the host, built by make."""
from __future__ import annotations

import argparse
import os
import re
import subprocess
from typing import Iterable, Sequence

from .heap import REACH, first_granule, limit_of
from .text import Problem, counted

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


# ---- Traces ----------------------------------------------------------------------------------------


class Op:
    """One operation. `block` counts the blocks of the trace: all calls on one block have its number."""

    __slots__ = ("kind", "slot", "size", "alignment", "site", "block")

    def __init__(self, kind: str, slot: int, size: int, alignment: int, site: int, block: int) -> None:
        self.kind, self.slot, self.size, self.alignment = kind, slot, size, alignment
        self.site, self.block = site, block

    def line(self, slot: int) -> str:
        """The line of a trace in which the block has this slot."""
        if self.kind == "f":
            return f"f {slot}\n"
        return f"a {slot} {self.alignment} {self.size}\n" if self.kind == "a" else f"{self.kind} {slot} {self.size}\n"


class Trace:
    """A trace file: `ops`; `sites`, which ops name by index; `refused`, requests of the recorded run
    that gave NULL, as (operations before it, text, site); header fields. If the trace has them: the time of each
    operation, and its task, by index in `tasks`. Raises Problem if it is not one."""

    def __init__(self, path: str) -> None:
        self.path, self.name, self.source = path, os.path.basename(path).split(".")[0], ""
        self.ops: list[Op] = []
        self.sites: list[str] = [""]
        self.refused: list[tuple[int, str, int]] = []
        self.fields: dict[str, int] = {}
        self.build = ""
        self.times: list[int] = []     # never falling; empty without
        self.tasks: list[str] = [""]   # "" is none
        self.op_tasks: list[int] = []  # empty without
        self._time: int | None = None
        self._task = 0
        self._blocks = self._site = 0
        self._live: dict[int, int] = {}  # slot -> block
        self._numbers = {"": 0}          # of sites
        try:
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.startswith("#"):
                        self._comment(line.rstrip("\n"))
                    else:
                        self._add(line.split(), f"{path}:{number}")
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise Problem(f"{path} is not a trace: it is not text") from None
        if not self.ops:
            raise Problem(f"{path} holds no operation")

    def losses(self) -> list[str]:
        """What is missing of the run, as sentences; none if all of it is there, or the trace does not say."""
        wheres = {"lost_before": "before the first one", "lost_between": "between others"}
        return [f"{counted(number, 'record')} {'was' if number == 1 else 'were'} lost {where}"
                for field, where in wheres.items() if (number := self.fields.get(field, 0))]

    def warning(self) -> str:
        """A sentence that the trace is a part of the run only; "" if it is the whole."""
        losses = " and ".join(self.losses())
        return (f"INCOMPLETE: {losses}. Blocks that they began are missing: the program needs more memory than is "
                "shown here" if losses else "")

    def _comment(self, line: str) -> None:
        if line.startswith("# at "):
            self._site = self._numbers.setdefault(line[5:], len(self._numbers))
            if self._site == len(self.sites):
                self.sites.append(line[5:])
        elif line.startswith("# refused: "):
            self.refused.append((len(self.ops), line[11:], self._site))
        elif line.startswith("# time ") and line[7:].isdecimal():
            self._time = max(int(line[7:]), self._time or 0)
            if not self.times:
                self.times = [self._time] * len(self.ops)
        elif line.startswith("# task "):
            if line[7:] not in self.tasks:
                self.tasks.append(line[7:])
            self._task = self.tasks.index(line[7:])
            if not self.op_tasks:
                self.op_tasks = [0] * len(self.ops)
        elif not self.ops:
            self.build = line[9:] if line.startswith("# build: ") else self.build
            found = re.findall(r"(\w+): (?:0x([0-9a-f]+)|(\d+))", line)
            self.fields.update((key, int(hexadecimal or decimal, 16 if hexadecimal else 10))
                               for key, hexadecimal, decimal in found)
            self.name = line[8:] if line.startswith("# name: ") else self.name
            self.source = line[10:] if line.startswith("# source: ") else self.source

    def _add(self, words: Sequence[str], where: str) -> None:
        counts = {"m": 3, "c": 3, "r": 3, "a": 4, "f": 2}
        if not words or counts.get(words[0]) != len(words) or not all(word.isdecimal() for word in words[1:]):
            raise Problem(f"{where}: not an operation: {' '.join(words)}")
        kind, (slot, *rest) = words[0], map(int, words[1:])
        if (kind in "rf") != (slot in self._live):
            raise Problem(f"{where}: the slot is {'empty' if kind in 'rf' else 'in use'}")
        if kind not in "rf":
            self._live[slot] = self._blocks
            self._blocks += 1
        block = self._live.pop(slot) if kind == "f" else self._live[slot]
        self.ops.append(Op(kind, slot, rest[-1] if rest else 0, rest[0] if kind == "a" else 1, self._site, block))
        if self._time is not None:
            self.times.append(self._time)
        if len(self.tasks) > 1:
            self.op_tasks.append(self._task)


# ---- The heap ----------------------------------------------------------------------------------------


TILE_SIZE = 8  # of the layout that this tree has: tile.size


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of a program that runs the heap: which one."""
    parser.add_argument("--index-bits", type=int, choices=(16, 32), default=16, help="CAIRN_INDEX_BITS (16)")
    parser.add_argument("--granule", type=int, choices=(8, 16),
                        help="CAIRN_GRANULE (8; with an index of 32 bits, 16)")


class HostHeap:
    """The heap on the host, with an index of 16 or 32 bits, and granules of 8 or 16 bytes. make builds it. Raises
    Problem if there is no such heap, or a program of it fails."""

    FOLDERS = {(16, 8): "", (16, 16): "coarse/", (32, 16): "wide/"}

    def __init__(self, index_bits: int = 16, granule: int | None = None) -> None:
        self.index_bits, self.granule = index_bits, granule or index_bits // 2
        if (index_bits, self.granule) not in self.FOLDERS:
            raise Problem(f"an index of {index_bits} bits has no granules of {self.granule} bytes")
        self.reach = REACH[index_bits] * self.granule
        self._made: set[str] = set()
        self._beside: int | None = None  # bytes of static state
        self.folder = "build/host/" + self.FOLDERS[index_bits, self.granule]

    def granules(self, size: int) -> int:
        """Granules of a block of so many bytes."""
        return max(1, -(-size // self.granule))

    def blocks(self, total: int) -> int:
        """Granules for blocks in a region of so many, within the index's reach."""
        limit = limit_of(total, self.granule, TILE_SIZE)
        return max(limit - first_granule(limit), 0)

    def region(self, granules: int) -> int:
        """Bytes of the smallest region with these granules for blocks, or more than the index reaches."""
        total = granules
        while self.blocks(total) < granules:
            total += granules - self.blocks(total)
        return total * self.granule

    def run(self, program: str, *words: str | int) -> list[list[str]]:
        """Lines that the program prints, as lists of words."""
        target = self.folder + program
        self._make(target)
        try:
            done = subprocess.run([os.path.join(ROOT, target), *map(str, words)], capture_output=True, text=True,
                                  check=False)
        except OSError as error:  # some kernels of 64 bits
            raise Problem(f"{target}, a program of 32 bits: {error.strerror}; tools/install-packages has QEMU run "
                          "it") from None
        if done.returncode != 0:
            raise Problem(done.stderr.strip() or f"{target}: status {done.returncode}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def _make(self, target: str) -> None:
        """Build the program, once: make takes longer to find that all is built than a small trace to run."""
        if target in self._made:
            return
        clean = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
        made = subprocess.run(["make", "-s", "--no-print-directory", "-C", ROOT, target], env=clean,
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Problem(f"make {target}:\n{made.stderr.rstrip()}")
        self._made.add(target)

    def fit(self, paths: Sequence[str]) -> list[int]:
        """Bytes of the smallest region in which each trace runs. (fit adds the state beside the region.)"""
        if self._beside is None:
            self._beside = int(self.run("heap_run", "sizes", paths[0], 0, 0)[0][0])
        return [int(line[2]) - self._beside for line in self.run("fit", *paths)]

    def sizes(self, path: str, sizes: Iterable[float]) -> list[tuple[int, int, int, int]]:
        """For each size of the region, from small to large: it, requests refused, the first of them,
        bytes up to the highest top."""
        whole = sorted({int(size) // self.granule * self.granule for size in sizes})
        lines = self.run("heap_run", "sizes", path, 0, *whole)[1:]
        return [(int(size), int(refused), int(first), int(top)) for size, refused, first, top in lines]
