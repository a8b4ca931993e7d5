# SPDX-License-Identifier: MIT
"""Where a firmware's heap and its main stack are, by the symbols of its linker script.

The tables here are those of port/common/region.c and extras/stack_paint.c; tests/scripts/link-report.t runs
the C code over many sets of symbols and compares its choices with those of this module.
"""
from __future__ import annotations

from typing import Callable, Iterable, NamedTuple

# Gives the address of a symbol; 0 if there is none.
Value = Callable[[str], int]

# The names in the order of region.c. The heap ends at the lowest of the ends above its start; those from ABOVE_STACK on
# are ends of the stack or of RAM, less the bytes that are the stack's.
HEAP_START = ("__heap_start", "__HeapBase", "__heap_base__", "_sheap", "_pvHeapStart", "_heap_start", "__end__", "_end",
              "end")
HEAP_END = ("__HeapLimit", "__heap_end", "__heap_end__", "_eheap", "_pvHeapLimit", "_heap_end", "__StackLimit",
            "__StackBottom", "__ram_end__", "_estack", "__StackTop", "_stack", "_vStackTop", "_stack_top", "__stack")
ABOVE_STACK = HEAP_END.index("__ram_end__")
STACK_SIZE = "_Min_Stack_Size"
# The reserve where the script has no size: a symbol of the link line, or what the library was built with.
STACK_RESERVE = ("cairn_stack_reserve", "cairn_stack_reserve_built")
# A symbol, or one less another ("_estack - _Min_Stack_Size"), which is there if both are.
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
    """Where port_heap_limit() lets a heap end that begins at `start`; None if it finds no end. `named`: by
    CAIRN_HEAP_LIMIT, wherever that is."""
    if named:
        return place(named, value)
    if value("__heap_limit") >= start:
        return Place(value("__heap_limit"), "__heap_limit")
    size = value(STACK_SIZE)
    # The first versions of the Pico SDK have __HeapLimit a few bytes above the start.
    ends = [(value(name) - (size if i >= ABOVE_STACK else 0), -i) for i, name in enumerate(HEAP_END)
            if value(name) > start and not (i == 0 and value("__StackOneTop"))]
    if not ends:
        return None
    end, last = min(ends)
    by = HEAP_END[-last]
    if -last >= ABOVE_STACK:
        reserve = size or next(iter(places(STACK_RESERVE, value)), Place(0, "")).address
        end, by = end - (0 if size else reserve), f"{by} - {STACK_SIZE if size else reserve}"
    return Place(end, by) if end > start else None


def stack(value: Value) -> tuple[Place, Place] | None:
    """The lowest byte of the main stack and the first one past it, as stack_range_main() takes them; None if no row has
    both."""
    for row in STACK:
        low, top = (place(term, value) for term in row)
        if low is not None and top is not None:
            return low, top
    return None


def names() -> set[str]:
    """Every symbol that an end of the heap may be taken from."""
    return {*HEAP_START, *HEAP_END, "__heap_limit", STACK_SIZE}


def stack_names() -> set[str]:
    """Every symbol of the table of the stack."""
    return {name for row in STACK for term in row for name in term.split(" - ")}
