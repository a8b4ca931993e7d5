# SPDX-License-Identifier: MIT
"""What allocators with headers need at least: no fragmentation, no control data, blocks of whole units of 8 bytes.

    floor.py TRACE...

Prints, tab-separated: bytes of a block's header; the bytes in blocks at their most, over the live bytes at their most,
as a geometric mean over the traces.
"""
from __future__ import annotations

import math
import sys
from typing import Iterator

HEADERS = (0, 4, 8)
UNIT = 8


def live_sizes(path: str) -> Iterator[tuple[int, int]]:
    """What each operation of a trace adds: requested size of the block that is gone, of the block that has come; -1: no
    such block."""
    sizes: dict[str, int] = {}
    with open(path, encoding="ascii") as trace:
        for line in trace:
            words = line.split()
            if not words or line.startswith("#"):
                continue
            gone = sizes.pop(words[1], -1)
            if words[0] != "f":
                sizes[words[1]] = int(words[-1])
            yield gone, sizes.get(words[1], -1)


def block(size: int, header: int) -> int:
    """Bytes of a block; the smallest is a unit."""
    return max((size + header + UNIT - 1) // UNIT, 1) * UNIT if size >= 0 else 0


def ratio(path: str, header: int) -> float:
    """Of the two peaks."""
    live = taken = most_live = most_taken = 0
    for gone, come in live_sizes(path):
        live += max(come, 0) - max(gone, 0)
        taken += block(come, header) - block(gone, header)
        most_live, most_taken = max(most_live, live), max(most_taken, taken)
    return most_taken / most_live


def main() -> None:
    """The program."""
    if len(sys.argv) < 2:
        print("usage: floor.py TRACE...", file=sys.stderr)
        sys.exit(2)
    for header in HEADERS:
        logarithms = [math.log(ratio(path, header)) for path in sys.argv[1:]]
        print(header, f"{math.exp(math.fsum(logarithms) / len(logarithms)):.6f}", sep="\t")


if __name__ == "__main__":
    main()
