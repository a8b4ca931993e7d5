# SPDX-License-Identifier: MIT
"""Where a firmware's heap and its main stack are, by the symbols of its linker script.

The tables here are those of port/cortex-m/region.c and port/cortex-m/stack_paint.c; tests/scripts/link-report.t runs
the C code over many sets of symbols and compares its choices with those of this module.
"""
from __future__ import annotations

from typing import Callable, Iterable, NamedTuple

# Gives the address of a symbol; 0 if there is none.
Value = Callable[[str], int]

# A symbol, or one less another ("_estack - _Min_Stack_Size"), which is there if both are.
HEAP_START = ("__heap_start", "__HeapBase", "__end__", "_end", "end")
HEAP_LIMIT = (
    ("__heap_limit",),
    ("__heap_end",),
    ("__HeapLimit", "__StackLimit", "_estack - _Min_Stack_Size"),
)
STACK = (
    ("__stack_limit", "__stack_top"),
    ("__StackBottom", "__StackTop"),
    ("__StackLimit", "__StackTop"),
    ("_estack - _Min_Stack_Size", "_estack"),
    ("__heap_end", "__stack"),
)
WORD = 1 << 32


class Place(NamedTuple):
    """An address, and the symbols that give it."""

    address: int
    by: str


def place(term: str, value: Value) -> Place | None:
    """The place that a term of the tables names; None if a symbol of it is missing."""
    values = [value(name) for name in term.split(" - ")]
    if 0 in values:
        return None
    return Place((values[0] - sum(values[1:])) % WORD, term)


def places(terms: Iterable[str], value: Value) -> list[Place]:
    """The places of those terms whose symbols are there, in order."""
    return [found for found in (place(term, value) for term in terms) if found is not None]


def heap_start(value: Value, named: str | None = None) -> Place | None:
    """Where port_heap_start() lets the heap begin; None if it finds no symbol. `named`: by CAIRN_HEAP_START."""
    return next(iter(places([named] if named else HEAP_START, value)), None)


def heap_limit(value: Value, start: int, named: str | None = None) -> Place | None:
    """Where port_heap_limit() lets a heap end that begins at `start`; None if no symbol is at or above it. `named`: by
    CAIRN_HEAP_LIMIT, wherever that is."""
    if named:
        return place(named, value)
    for row in HEAP_LIMIT:
        above = [found for found in places(row, value) if found.address >= start]
        if above:
            return min(above, key=lambda found: found.address)
    return None


def stack(value: Value) -> tuple[Place, Place] | None:
    """The lowest byte of the main stack and the first one past it, as stack_range_main() takes them; None if no row has
    both."""
    for row in STACK:
        low, top = (place(term, value) for term in row)
        if low is not None and top is not None:
            return low, top
    return None


def names() -> set[str]:
    """Every symbol of the two tables of the heap."""
    return {name for term in (*HEAP_START, *(term for row in HEAP_LIMIT for term in row)) for name in term.split(" - ")}


def stack_names() -> set[str]:
    """Every symbol of the table of the stack."""
    return {name for row in STACK for term in row for name in term.split(" - ")}
