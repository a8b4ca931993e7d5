"""What the tools share: traces, and the heap itself on the host, built by make.

SPDX-License-Identifier: MIT
"""
import os
import re
import subprocess
import sys

from cairn_heap import REACH, first_granule, limit_of

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOL = os.path.splitext(os.path.basename(sys.argv[0]))[0].replace("_", " ")


def fail(message):
    sys.exit(f"{TOOL}: {message}")


# ---- Traces ----------------------------------------------------------------------------------------


class Op:
    """One operation. `block` counts the blocks of the trace: all calls on one block have its number."""
    __slots__ = ("kind", "slot", "size", "alignment", "site", "block")

    def __init__(self, kind, slot, size, alignment, site, block):
        self.kind, self.slot, self.size, self.alignment = kind, slot, size, alignment
        self.site, self.block = site, block

    def line(self, slot):
        if self.kind == "f":
            return f"f {slot}\n"
        return f"a {slot} {self.alignment} {self.size}\n" if self.kind == "a" else f"{self.kind} {slot} {self.size}\n"


class Trace:
    """A trace file: `ops`; `sites`, which ops name by index; `refused`, requests of the recorded run
    that gave NULL, as (operations before it, text, site); header fields."""

    def __init__(self, path):
        self.path, self.ops, self.sites, self.refused = path, [], [""], []
        self.fields, self.name, self.source = {}, os.path.basename(path).split(".")[0], ""
        self.blocks, self.site = 0, 0
        numbers, live = {"": 0}, {}
        try:
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.startswith("#"):
                        self.comment(line.rstrip("\n"), numbers)
                    else:
                        self.add(line.split(), live, f"{path}:{number}")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{path}: {error}")
        if not self.ops:
            fail(f"{path} holds no operation")

    def comment(self, line, numbers):
        if line.startswith("# at "):
            self.site = numbers.setdefault(line[5:], len(numbers))
            if self.site == len(self.sites):
                self.sites.append(line[5:])
        elif line.startswith("# refused: "):
            self.refused.append((len(self.ops), line[11:], self.site))
        elif not self.ops:
            self.fields.update((key, int(value, 0)) for key, value in re.findall(r"(\w+): (0x[0-9a-f]+|\d+)", line))
            self.name = line[8:] if line.startswith("# name: ") else self.name
            self.source = line[10:] if line.startswith("# source: ") else self.source

    def add(self, words, live, where):
        counts = {"m": 3, "c": 3, "r": 3, "a": 4, "f": 2}
        if not words or counts.get(words[0]) != len(words) or not all(word.isdigit() for word in words[1:]):
            fail(f"{where}: not an operation: {' '.join(words)}")
        kind, slot, *rest = words[0], *map(int, words[1:])
        if (kind in "rf") != (slot in live):
            fail(f"{where}: the slot is {'empty' if kind in 'rf' else 'in use'}")
        if kind not in "rf":
            live[slot] = self.blocks
            self.blocks += 1
        block = live.pop(slot) if kind == "f" else live[slot]
        self.ops.append(Op(kind, slot, rest[-1] if rest else 0, rest[0] if kind == "a" else 1, self.site, block))


# ---- The heap ----------------------------------------------------------------------------------------


TILE_SIZE = 8  # of the layout that this tree has: tile.size


def add_options(parser):
    """The options of a program that runs the heap: which one."""
    parser.add_argument("--index-bits", type=int, choices=(16, 32), default=16, help="CAIRN_INDEX_BITS (16)")
    parser.add_argument("--granule", type=int, choices=(8, 16),
                        help="CAIRN_GRANULE (8; with an index of 32 bits, 16)")


class Heap:
    """The heap on the host, with an index of 16 or 32 bits, and granules of 8 or 16 bytes."""

    FOLDERS = {(16, 8): "", (16, 16): "coarse/", (32, 16): "wide/"}

    def __init__(self, index_bits=16, granule=None):
        self.index_bits, self.granule = index_bits, granule or index_bits // 2
        if (index_bits, self.granule) not in self.FOLDERS:
            fail(f"an index of {index_bits} bits has no granules of {self.granule} bytes")
        self.reach = REACH[index_bits] * self.granule
        self.folder = "build/host/" + self.FOLDERS[index_bits, self.granule]

    def granules(self, size):
        return max(1, -(-size // self.granule))

    def blocks(self, total):
        """Granules for blocks in a region of so many, within the index's reach."""
        limit = limit_of(total, self.granule, TILE_SIZE)
        return max(limit - first_granule(limit), 0)

    def region(self, granules):
        """Bytes of the smallest region with these granules for blocks, or more than the index reaches."""
        total = granules
        while self.blocks(total) < granules:
            total += granules - self.blocks(total)
        return total * self.granule

    def run(self, program, *words):
        """Lines that the program prints, as lists of words."""
        target = self.folder + program
        clean = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
        made = subprocess.run(["make", "-s", "--no-print-directory", "-C", ROOT, target], env=clean,
                              capture_output=True, text=True)
        if made.returncode != 0:
            fail(f"make {target}:\n{made.stderr}")
        done = subprocess.run([os.path.join(ROOT, target), *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            fail(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def fit(self, paths):
        """Bytes of the smallest region in which each trace runs. (fit adds the state beside the region.)"""
        beside = int(self.run("heap_run", "sizes", paths[0], 0, 0)[0][0])
        return [int(line[2]) - beside for line in self.run("fit", *paths)]

    def sizes(self, path, sizes):
        """For each size of the region, from small to large: it, requests refused, the first of them,
        bytes up to the highest top."""
        sizes = sorted({int(size) // self.granule * self.granule for size in sizes})
        return [tuple(map(int, line)) for line in self.run("heap_run", "sizes", path, 0, *sizes)[1:]]
