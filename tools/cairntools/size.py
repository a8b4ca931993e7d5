# SPDX-License-Identifier: MIT
"""Finds how large the heap of a recorded program must be.

    tools/cairn size TRACE [--heap BYTES]... [--svg FILE]

The heap itself runs the trace, on the host, laid out as on the target (make fit does the same). docs/tools.md
explains each part of the answer.
"""
from __future__ import annotations

import argparse
import math
import os
import random
import tempfile
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from .cli import count, parser_of, positive
from .draw import refusals_svg
from .heap import bin_floor, bin_of
from .host import HostHeap, Op, Trace, add_options
from .text import Progress, group
from .workers import shared_out

SHARES = [0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.975, 1, 1.05, 1.1, 1.2]  # of the smallest heap: rows of the table


# ---- The program -----------------------------------------------------------------------------------


class Needs:
    """What the program needs at most, in granules: `live` at once, with a request that is being served
    and both places of a block that moves; in `blocks` blocks; the `largest` taken at once."""

    def __init__(self, ops: Iterable[Op], heap: HostHeap) -> None:
        self.live = self.blocks = self.largest = self.bytes = 0
        sizes: dict[int, tuple[int, int]] = {}
        live = live_bytes = 0
        for op in ops:
            old, asked = sizes.pop(op.block, (0, 0))
            if op.kind == "f":
                live, live_bytes = live - old, live_bytes - asked
                continue
            size = heap.granules(op.size)
            take = size + op.alignment // heap.granule - 1 if op.alignment > heap.granule else size
            moves = op.kind != "r" or size > old
            self.live = max(self.live, live + take if moves else 0)
            self.blocks = max(self.blocks, len(sizes) + 1 + (moves and old > 0))
            self.largest = max(self.largest, take)
            live, live_bytes = live + size - old, live_bytes + op.size - asked
            self.bytes = max(self.bytes, live_bytes)
            sizes[op.block] = size, op.size


# ---- Bounds ----------------------------------------------------------------------------------------


def next_bin(size: int) -> int:
    """The smallest size of the bin above that of `size` granules: a free block as large is always found."""
    return bin_floor(bin_of(size) + 1)


def never_refuses(needs: Needs) -> int:
    """Granules of blocks with which Cairn refuses no program of these needs (docs/tools.md, Bounds)."""
    return needs.live + (needs.blocks - 1) * (next_bin(needs.largest) - 1)


def no_allocator_below(needs: Needs) -> int:
    """Granules without which every allocator that moves no block refuses some program of these needs, in
    as many blocks as it likes:
    M (1 + log2(n) / 2) - n + 1, for blocks of powers of two up to n (Robson 1971, 1974)."""
    power = needs.largest.bit_length() - 1
    return math.ceil(needs.live * (1 + power / 2)) - (1 << power) + 1


# ---- Other orders ----------------------------------------------------------------------------------


def permuted(blocks: Sequence[int], reach: int, rng: random.Random) -> list[int]:
    """The operations of these blocks, by number, in another order: none is moved by more than `reach` places, and those
    of one block stay in their order. The i-th operation gets a key, at random from i to i + reach, and no less than the
    key of the same block's operation before; they are sorted by their keys."""
    keys: list[float] = []
    last = [0.0] * (max(blocks, default=0) + 1)
    draw, add = rng.random, keys.append
    for i, block in enumerate(blocks):
        key = i + reach * draw()
        if key < last[block]:
            key = last[block]
        else:
            last[block] = key
        add(key)
    # Sorting is stable: of equal keys the earlier operation stays before the later one.
    return sorted(range(len(keys)), key=keys.__getitem__)


def reorder(ops: Sequence[Op], reach: int, rng: random.Random) -> list[Op]:
    """The same operations in another order, as permuted() makes it."""
    return [ops[i] for i in permuted([op.block for op in ops], reach, rng)]


class Program:
    """A program's operations, prepared to be written in many orders."""

    def __init__(self, ops: Sequence[Op]) -> None:
        self.blocks = [op.block for op in ops]
        self._rows = [(op.block, op.kind == "f", op.size, op.kind + " ",
                       f" {op.alignment} {op.size}\n" if op.kind == "a" else f" {op.size}\n") for op in ops]

    def write(self, path: str, order: Iterable[int]) -> int:
        """A trace of the operations with these numbers: each block gets the slot that was given up last. Returns the
        most bytes that are live at once."""
        slots, sizes = [-1] * (max(self.blocks, default=0) + 1), [0] * (max(self.blocks, default=0) + 1)
        unused: list[int] = []
        lines: list[str] = []
        add, rows = lines.append, self._rows
        count = live = peak = 0
        for i in order:
            block, frees, size, head, tail = rows[i]
            slot = slots[block]
            if frees:
                live -= sizes[block]
                unused.append(slot)
                add(f"f {slot}\n")
                continue
            if slot < 0:
                if unused:
                    slot = unused.pop()
                else:
                    slot, count = count, count + 1
                slots[block] = slot
            live += size - sizes[block]
            sizes[block] = size
            if live > peak:
                peak = live
            add(f"{head}{slot}{tail}")
        with open(path, "w", encoding="ascii") as file:
            file.write("".join(lines))
        return peak


def write_ops(path: str, ops: Sequence[Op]) -> None:
    """A trace of these operations."""
    Program(ops).write(path, range(len(ops)))


class Orders(NamedTuple):
    """Orders of one reach, each with its smallest heap and its live peak, in bytes: from small to large."""

    reach: int
    fits: list[tuple[int, int]]


class Order(NamedTuple):
    """One order to look at: its reach, and the state of the generator that makes it."""

    reach: int
    state: tuple[Any, ...]


# What the processes that look at orders share: they are forked, so that it is not copied.
_shared: list[tuple[Program, HostHeap, str]] = []


def look_at(order: Order) -> tuple[int, int]:
    """The smallest heap of an order, and its live peak. Runs in a process of its own."""
    program, heap, folder = _shared[0]
    rng = random.Random()
    rng.setstate(order.state)
    path = os.path.join(folder, f"{os.getpid()}.trace")
    peak = program.write(path, permuted(program.blocks, order.reach, rng))
    return heap.fit([path])[0], peak


def orders_of(trace: Trace, reach: int, number: int, seed: int) -> Iterator[Order]:
    """The orders of one reach, one after the other by one generator."""
    rng = random.Random(f"{seed} {reach}")
    for _ in range(number):
        yield Order(reach, rng.getstate())
        for _ in trace.ops:
            rng.random()


def run_orders(trace: Trace, heap: HostHeap, reaches: Sequence[int], number: int, seed: int,
               progress: Progress) -> list[Orders]:
    """All orders, on all cores."""
    todo = [order for reach in reaches for order in orders_of(trace, reach, number, seed)]
    with tempfile.TemporaryDirectory() as folder:
        _shared[:] = [(Program(trace.ops), heap, folder)]
        fits: list[tuple[int, int]] = []
        for fit in shared_out(look_at, todo):
            fits.append(fit)
            progress.show(f"order {len(fits)} of {len(todo)}")
    progress.clear()
    return [Orders(reach, sorted(fits[n * number:(n + 1) * number])) for n, reach in enumerate(reaches)]


# ---- The answer ------------------------------------------------------------------------------------


def print_curve(rows: Sequence[tuple[int, int, int, int]], fit: int) -> None:
    """Sizes of the heap, and what each refuses."""
    most = max(refused for _, refused, _, _ in rows)
    print("\nRequests refused, by the size of the heap:\n")
    print(f"  {'bytes':>10}{'/ smallest':>12}{'refused':>9}{'first at':>10}    (bars: logarithm)")
    for size, refused, first, _ in rows:
        bar = "#" * math.ceil(32 * math.log1p(refused) / math.log1p(most)) if most else ""
        line = f"  {group(size):>10}{size / fit:12.3f}{group(refused):>9}{group(first) if first else '-':>10}  {bar}"
        print(line.rstrip())


def print_granules(args: argparse.Namespace, trace: Trace, heap: HostHeap, fit: int) -> None:
    """Which granule needs the smaller heap, unless the caller has chosen one. The map has two bits for each granule: a
    larger one halves it, and rounds blocks up further."""
    if args.granule or heap.index_bits != 16:
        return
    other = HostHeap(heap.index_bits, 16).fit([trace.path])[0]
    print(f"with granules of {heap.granule} bytes; with CAIRN_GRANULE=16: {group(other)}. "
          f"The best granule for this trace: {16 if other < fit else heap.granule} bytes")


def print_orders(orders: Sequence[Orders], fit: int, seed: int) -> None:
    """The heaps that the other orders need."""
    print(f"\nThe same operations in other orders, {len(orders[0].fits)} of each (seed {seed}):\n")
    print(f"  {'moved by':>10}{'smallest heap: median':>24}{'worst':>11}{'/ recorded':>12}{'live at its peak':>19}")
    for o in orders:
        median, (worst, peak) = o.fits[len(o.fits) // 2][0], o.fits[-1]
        print(f"  {group(o.reach):>10}{group(median):>24}{group(worst):>11}{worst / fit:12.3f}{group(peak):>19}")


def print_bounds(needs: Needs, heap: HostHeap) -> None:
    """What is proven, not measured."""
    cairn, any_one = heap.region(never_refuses(needs)), no_allocator_below(needs) * heap.granule
    print(f"\nBounds, for all programs with at most {group(needs.live * heap.granule)} bytes at once, "
          f"in blocks of up to {group(needs.largest * heap.granule)}:\n")
    print(f"  {group(any_one):>12} bytes: with less, any allocator that moves no block refuses one of them (Robson)")
    print(f"  {group(cairn):>12} bytes: with these, Cairn refuses none that has at most {group(needs.blocks)} blocks "
          "at once")
    if cairn > heap.reach:
        print(f"{'':23}(an index of {heap.index_bits} bits reaches {group(heap.reach)})")


def recommend(fit: int, orders: Sequence[Orders], margin: int) -> None:
    """The size to take, and why."""
    worst, reach = max(((o.fits[-1][0], o.reach) for o in orders), default=(fit, 0))
    base = max(worst, fit)
    size = math.ceil(base * (1 + margin / 100) / 64) * 64
    why = "the recorded order" if base == fit else f"the worst of the other orders (moved by {group(reach)})"
    print(f"\nRecommended: {group(size)} bytes: {group(base)} for {why},\nand {margin} % for what was not recorded.")


def draw(path: str, heap: HostHeap, trace: Trace, fit: int) -> None:
    """The curve of refused requests, as a picture."""
    rows = heap.sizes(trace.path, [fit * share / 200 for share in range(100, 261)])
    with open(path, "w", encoding="utf-8") as file:
        file.write(refusals_svg(trace.name, [row[:2] for row in rows], fit))


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("size", __doc__)
    parser.add_argument("trace", help="as those of tests/traces, or made by cairn trace")
    parser.add_argument("--heap", type=positive, action="append", default=[], metavar="BYTES",
                        help="a row of the table more")
    parser.add_argument("--orders", type=count, default=20, metavar="N",
                        help="other orders of each reach (20; 0: none)")
    parser.add_argument("--reach", type=count, action="append", metavar="N",
                        help="places that an operation is moved at most (4, 16 and 64)")
    parser.add_argument("--seed", type=int, default=1, help="of the other orders (1)")
    parser.add_argument("--margin", type=count, default=10, metavar="PERCENT", help="for what was not recorded (10)")
    add_options(parser)
    parser.add_argument("--svg", metavar="FILE", help="draw the requests refused against the size")
    parser.add_argument("-q", "--quiet", action="store_true", help="no line on the terminal about how far it is")
    args = parser.parse_args(words)
    heap = HostHeap(args.index_bits, args.granule)
    answer(args, Trace(args.trace), heap)
    return 0


def answer(args: argparse.Namespace, trace: Trace, heap: HostHeap) -> None:
    """All that is printed of a trace, and the picture."""
    if trace.warning():
        print(f"{trace.warning()}.\n")
    progress = Progress("cairn size", args.quiet)
    needs = Needs(trace.ops, heap)
    progress.show("the smallest heap of the recorded order")
    fit = heap.fit([trace.path])[0]
    progress.clear()
    print(f"{trace.name}: {group(len(trace.ops))} operations; at most {group(needs.bytes)} bytes live at once, "
          f"the largest block {group(max(op.size for op in trace.ops))}")
    print(f"\nThe smallest heap that runs it: {group(fit)} bytes, {fit / max(needs.bytes, 1):.3f} times what is live")
    print_granules(args, trace, heap, fit)
    print_curve(heap.sizes(trace.path, [fit * share for share in SHARES] + args.heap), fit)
    reaches = args.reach or [4, 16, 64]
    orders = run_orders(trace, heap, reaches, args.orders, args.seed, progress) if args.orders else []
    if orders:
        print_orders(orders, fit, args.seed)
    print_bounds(needs, heap)
    if trace.warning():
        print(f"\nNo size is recommended: {' and '.join(trace.losses())}. Record the whole run: to a file "
              "(semihosting), or with a larger\nring (CAIRN_TRACE_WORDS).")
    else:
        recommend(fit, orders, args.margin)
    if args.svg:
        draw(args.svg, heap, trace, fit)
