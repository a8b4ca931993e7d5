# SPDX-License-Identifier: MIT
"""What is known of the processor at one point of a path: registers, the call's own stack, the masks.

A value is a Python int, if it is known; a Stack, an address counted from the stack pointer at the
entry; or an Unknown, of which the state may know between which bounds it lies. Two places that hold
the same Unknown hold the same number, so what a branch shows of one is known of the other.

What is forgotten is only ever less knowledge: paths that cannot be taken are then not ruled out.
"""
from __future__ import annotations

from typing import Any, Union

from .decode import SP, WORD

FULL = (0, WORD)
SIGN = 0x80000000
COARSE = (0xFFFF, SIGN - 1, WORD)


class Stack:
    """The address `offset` bytes from where the stack pointer stood at the entry."""

    __slots__ = ("offset",)

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stack) and self.offset == other.offset

    def __hash__(self) -> int:
        return hash(("stack", self.offset))


class Unknown:
    """A number that is not known. Its identity is all that it has."""

    __slots__ = ()


Value = Union[int, Stack, Unknown]


class State:
    """Registers 0 to 14, the words of the stack that were written or read, bounds of unknown values, and the three
    masks (PRIMASK, BASEPRI, FAULTMASK). `flags` are those of ("compare", (one, other)) or ("result", (value,)), or
    None; `escaped` says that an address in the stack may be anywhere. `saved` are the slots in which functions have
    saved where they return to: they are no part of an object."""

    __slots__ = ("registers", "slots", "saved", "bounds", "flags", "masks", "escaped")

    def __init__(self) -> None:
        self.registers: list[Value] = [Unknown() for _ in range(15)]
        self.registers[SP] = Stack(0)
        self.slots: dict[int, Value] = {}
        self.saved: frozenset[int] = frozenset()
        self.bounds: dict[Unknown, tuple[int, int]] = {}
        self.flags: tuple[str, tuple[Value, ...]] | None = None
        self.masks: tuple[int, int, int] = (0, 0, 0)
        self.escaped = False

    def copy(self) -> State:
        """The same knowledge, to be changed."""
        other = State.__new__(State)
        other.registers, other.slots, other.bounds = self.registers[:], self.slots.copy(), self.bounds.copy()
        other.flags, other.masks, other.escaped = self.flags, self.masks, self.escaped
        other.saved = self.saved
        return other

    # ---- Values ----------------------------------------------------------------------------------

    def unknown(self, low: int = 0, high: int = WORD) -> Value:
        """A new value of which only its bounds are known."""
        if low == high:
            return low
        value = Unknown()
        if (low, high) != FULL:
            self.bounds[value] = (low, high)
        return value

    def range(self, value: Value) -> tuple[int, int]:
        """The least and the greatest that a value can be, as unsigned numbers."""
        if isinstance(value, int):
            return value, value
        return self.bounds.get(value, FULL) if isinstance(value, Unknown) else FULL

    def number(self, value: Value) -> int | None:
        """The value as an int, if there is only one that it can be; else None."""
        low, high = self.range(value)
        return low if low == high else None

    def narrow(self, value: Value, low: int, high: int) -> bool:
        """From now on the value lies between these bounds as well. False if it cannot."""
        least, greatest = self.range(value)
        low, high = max(low, least), min(high, greatest)
        if low > high:
            return False
        if isinstance(value, Unknown):
            self.bounds[value] = (low, high)
        return True

    def coarsen(self) -> None:
        """Forget what is known of unknown values, but whether they can be 0, and about how large they are."""
        for value, (low, high) in self.bounds.items():
            self.bounds[value] = min(low, 1), next(limit for limit in COARSE if high <= limit)

    def forget_bounds(self) -> None:
        """Forget more: all but which values are not 0."""
        for value, (low, _) in self.bounds.items():
            self.bounds[value] = min(low, 1), WORD

    # ---- The stack -------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """How far the stack pointer is from where it was at the entry: 0, or a negative number of bytes."""
        pointer = self.registers[SP]
        assert isinstance(pointer, Stack)
        return pointer.offset

    def load_slot(self, offset: int) -> Value:
        """The word of the stack at an offset."""
        if offset % 4 != 0:
            return self.unknown()
        if offset not in self.slots:
            self.slots[offset] = self.unknown()
        return self.slots[offset]

    def store_slot(self, offset: int, value: Value) -> None:
        """A word of the stack is written."""
        self.forget_slots(offset, 4)
        if offset % 4 == 0:
            self.slots[offset] = value

    def forget_slots(self, offset: int, size: int | None = None) -> None:
        """Forget the words that `size` bytes from `offset` on touch; without a size all above it that are objects."""
        for slot in list(self.slots):
            if slot + 4 > offset and (slot not in self.saved if size is None else slot < offset + size):
                del self.slots[slot]
        self.saved = frozenset(slot for slot in self.saved if slot in self.slots)

    def save_return(self, offset: int, value: Value) -> None:
        """A function saves where it returns to in a word of the stack."""
        self.store_slot(offset, value)
        if offset % 4 == 0:
            self.saved |= {offset}

    def forget_objects(self) -> None:
        """Forget all words that a pointer may lead to."""
        self.slots = {slot: value for slot, value in self.slots.items() if slot in self.saved}

    def move_stack(self, offset: int) -> None:
        """The stack pointer moves: what lies below it belongs to no call any more."""
        self.registers[SP] = Stack(offset)
        for slot in [slot for slot in self.slots if slot < offset]:
            del self.slots[slot]
        self.saved = frozenset(slot for slot in self.saved if slot >= offset)

    # ---- Masks -----------------------------------------------------------------------------------

    @property
    def masked(self) -> bool:
        """Are interrupts off?"""
        return self.masks != (0, 0, 0)

    # ---- Equality --------------------------------------------------------------------------------

    def key(self) -> tuple[Any, ...]:
        """Two states with the same key know the same, whatever their unknown values are called: each is given
        by its bounds in the place that has it first, and by that place in all others."""
        offsets = tuple(sorted(self.slots))
        values = [*self.registers, *(self.slots[offset] for offset in offsets)]
        if self.flags is not None:
            values += self.flags[1]
        first: dict[Unknown, int] = {}
        bounds: dict[Unknown, tuple[int, int]] = {}
        parts: list[object] = []
        for place, value in enumerate(values):
            if not isinstance(value, Unknown):
                parts.append(value)
            elif value in first:
                parts.append((first[value],))
            else:
                first[value] = place
                known = self.bounds.get(value)
                if known is not None:
                    bounds[value] = known
                parts.append(known[0] if known is not None and known[0] == known[1] else known)
        self.bounds = bounds  # of the values that are left
        saved = self.saved.intersection(self.slots)
        return tuple(parts), offsets, self.flags and self.flags[0], self.masks, self.escaped, saved
