# SPDX-License-Identifier: MIT
"""Prints a random trace: log-uniform sizes from 8 to 1024 bytes, about 200 blocks live, 20,000
operations. The same every time.

    random_trace.py NAME > NAME.trace
"""
from __future__ import annotations

import math
import random
import sys
from typing import Iterator

OPERATIONS, LIVE, SMALLEST, LARGEST, SEED = 20000, 200, 8, 1024, 1


def operations(rng: random.Random) -> Iterator[tuple[str, int]]:
    """Lines of the trace; bytes live after each."""
    sizes: dict[int, int] = {}
    free_slots: list[int] = []
    live = 0
    for _ in range(OPERATIONS):
        # Around LIVE blocks, each side is as likely; far from it, the way back is.
        if rng.random() < 0.5 + (LIVE - len(sizes)) / LIVE:
            slot = free_slots.pop() if free_slots else len(sizes)
            sizes[slot] = round(math.exp(rng.uniform(math.log(SMALLEST), math.log(LARGEST))))
            live += sizes[slot]
            yield f"m {slot} {sizes[slot]}", live
        else:
            slot = rng.choice(list(sizes))
            live -= sizes.pop(slot)
            free_slots.append(slot)
            yield f"f {slot}", live


def main() -> None:
    """Print the trace."""
    lines = list(operations(random.Random(SEED)))
    words = [line.split() for line, _ in lines]
    slots = 1 + max(int(word[1]) for word in words)
    largest = max(int(word[2]) for word in words if word[0] == "m")
    peak = max(live for _, live in lines)
    print(f"# name: {sys.argv[1]}")
    print("# source: bench/random_trace.py, log-uniform sizes")
    print(f"# ops: {len(lines)}  slots: {slots}  peak_live_bytes: {peak}  max_size: {largest}")
    for line, _ in lines:
        print(line)


if __name__ == "__main__":
    main()
