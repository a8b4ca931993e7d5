# SPDX-License-Identifier: MIT
"""Where a firmware's heap and its main stack are, by the symbols of its linker script.

The tables here are those of port/common/region.c and extras/stack_paint.c; tests/scripts/link-report.t runs
the C code over many sets of symbols and compares its choices with those of this module.
"""
from __future__ import annotations

from typing import Callable, Iterable, NamedTuple

# Gives the address of a symbol; 0 if there is none.
Value = Callable[[str], int]

HEAP_START = ("__heap_start", "__HeapBase", "__heap_base__", "_sheap", "_pvHeapStart", "_heap_start", "__end__", "_end",
              "end")
# Taken as it is, if it is at the start or above it. Otherwise the lowest of the ends that is above the start; of those
# above the stack, less the stack's bytes.
HEAP_LIMIT = "__heap_limit"
HEAP_END = ("__HeapLimit", "__heap_end", "__heap_end__", "_eheap", "_pvHeapLimit", "_heap_end", "__StackLimit",
            "__StackBottom", "_vStackBase")
ABOVE_STACK = ("__ram_end__", "_estack", "__StackTop", "_stack", "_vStackTop", "_stack_top")
# With this symbol the first of the ends is none.
OLD_PICO = "__StackOneTop"
STACK_BYTES = "_Min_Stack_Size"
# Where that is missing: a symbol of the link line, or what the library was built with.
RESERVE, RESERVE_BUILT = "cairn_stack_reserve", "cairn_stack_reserve_built"
# A symbol, or one less another ("_estack - _Min_Stack_Size"), which is there if both are.
STACK = (
    ("__stack_limit", "__stack_top"),
    ("__StackBottom", "__StackTop"),
    ("__StackLimit", "__StackTop"),
    ("_estack - _Min_Stack_Size", "_estack"),
    ("__heap_end", "__stack"),
)
WORD = 1 << 32  # how many addresses there are; a 64-bit core has 1 << 64


class Place(NamedTuple):
    """An address, and the symbols that give it."""

    address: int
    by: str


def place(term: str, value: Value, word: int = WORD) -> Place | None:
    """The place that a term of the tables names; None if a symbol of it is missing."""
    values = [value(name) for name in term.split(" - ")]
    if 0 in values:
        return None
    return Place((values[0] - sum(values[1:])) % word, term)


def places(terms: Iterable[str], value: Value, word: int = WORD) -> list[Place]:
    """The places of those terms whose symbols are there, in order."""
    return [found for found in (place(term, value, word) for term in terms) if found is not None]


def heap_start(value: Value, named: str | None = None, word: int = WORD) -> Place | None:
    """Where port_heap_start() lets the heap begin; None if it finds no symbol. `named`: by CAIRN_HEAP_START."""
    return next(iter(places([named] if named else HEAP_START, value, word)), None)


def heap_limit(value: Value, start: int, named: str | None = None, word: int = WORD) -> Place | None:
    """Where port_heap_limit() lets a heap end that begins at `start`; None if no symbol is at or above it. `named`: by
    CAIRN_HEAP_LIMIT, wherever that is."""
    if named:
        return place(named, value, word)
    own = place(HEAP_LIMIT, value, word)
    if own is not None and own.address >= start:
        return own
    size = value(STACK_BYTES)
    less = f" - {STACK_BYTES}" if size else ""
    ends = places(HEAP_END[1:] if value(OLD_PICO) else HEAP_END, value, word)
    tops = [Place((top.address - size) % word, top.by + less) for top in places(ABOVE_STACK, value, word)
            if top.address > start]
    # Of equal ones the last.
    lowest = min(reversed([*(end for end in ends if end.address > start), *tops]),
                 key=lambda found: (found.address - 1) % word, default=None)
    if lowest is not None and lowest in tops and not size:
        reserve = value(RESERVE) or value(RESERVE_BUILT)
        lowest = Place((lowest.address - reserve) % word, f"{lowest.by} - {reserve} ({RESERVE})")
    return lowest if lowest is not None and lowest.address > start else None


def stack(value: Value, word: int = WORD) -> tuple[Place, Place] | None:
    """The lowest byte of the main stack and the first one past it, as stack_range_main() takes them; None if no row has
    both."""
    for row in STACK:
        low, top = (place(term, value, word) for term in row)
        if low is not None and top is not None:
            return low, top
    return None


def names() -> set[str]:
    """Every symbol that the rule of the heap looks for."""
    return {*HEAP_START, HEAP_LIMIT, *HEAP_END, *ABOVE_STACK, OLD_PICO, STACK_BYTES, RESERVE}


def stack_names() -> set[str]:
    """Every symbol of the table of the stack."""
    return {name for row in STACK for term in row for name in term.split(" - ")}
