# SPDX-License-Identifier: MIT
"""Which way a branch can go, by what the state knows, and what is known once it has gone there.

The flags are a comparison (one - other: CMP, SUBS), or belong to a result (N and Z only).
"""
from __future__ import annotations

from .decode import ALWAYS, WORD
from .state import SIGN, State, Unknown, Value

EQ, NE, HS, LO, MI, PL, VS, VC, HI, LS, GE, LT, GT, LE = range(14)
# Signed conditions are the unsigned ones where neither side has its sign bit set.
UNSIGNED = {GE: HS, LT: LO, GT: HI, LE: LS}


def ways(state: State, condition: int) -> list[tuple[bool, State]]:
    """The ways that are possible: (True, state), (False, state), each with what follows from it."""
    if condition == ALWAYS:
        return [(True, state)]
    found = []
    for taken in (True, False):
        after = state.copy()
        if _assume(after, condition if taken else condition ^ 1):
            found.append((taken, after))
    return found


def ways_of_zero(state: State, value: Value, nonzero: bool) -> list[tuple[bool, State]]:
    """The same for CBZ and CBNZ."""
    found = []
    for taken in (True, False):
        after = state.copy()
        if _narrow(after, NE if taken == nonzero else EQ, value, 0):
            found.append((taken, after))
    return found


def _assume(state: State, condition: int) -> bool:
    """Let the condition hold; False if it cannot."""
    if state.flags is None:
        return True
    kind, (one, *others) = state.flags
    if kind == "result":
        return _assume_of_result(state, condition, one)
    other = others[0]
    if condition in (MI, PL) and state.number(other) == 0:
        return _assume_of_result(state, condition, one)
    if condition in UNSIGNED and max(state.range(one)[1], state.range(other)[1]) < SIGN:
        condition = UNSIGNED[condition]
    return _narrow(state, condition, one, other)


def _assume_of_result(state: State, condition: int, result: Value) -> bool:
    if condition in (EQ, NE):
        return _narrow(state, condition, result, 0)
    if condition == MI:
        return state.narrow(result, SIGN, WORD)
    if condition == PL:
        return state.narrow(result, 0, SIGN - 1)
    return True


def _narrow(state: State, condition: int, one: Value, other: Value) -> bool:
    """Let `one` and `other` compare so, as unsigned numbers; False if they cannot."""
    same = one is other and isinstance(one, Unknown) or one == other
    if condition == EQ:
        low, high = state.range(one)
        return same or state.narrow(other, low, high) and state.narrow(one, *state.range(other))
    if condition == NE:
        return not same and _apart(state, one, other) and _apart(state, other, one)
    if condition == HI:
        return not same and _less(state, other, one, 1)
    if condition == LO:
        return not same and _less(state, one, other, 1)
    if condition == HS:
        return same or _less(state, other, one, 0)
    if condition == LS:
        return same or _less(state, one, other, 0)
    return True


def _less(state: State, small: Value, large: Value, gap: int) -> bool:
    """small + gap <= large."""
    low = state.range(small)[0] + gap
    if not state.narrow(large, low, WORD):
        return False
    high = state.range(large)[1] - gap
    return high >= 0 and state.narrow(small, 0, high)


def _apart(state: State, one: Value, other: Value) -> bool:
    """one != other: moves a bound of `one` that is equal to `other`."""
    number = state.number(other)
    low, high = state.range(one)
    if number is None:
        return True
    if low == high:
        return low != number
    return state.narrow(one, low + (low == number), high - (high == number))
