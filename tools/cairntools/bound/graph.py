# SPDX-License-Identifier: MIT
"""A function's code: its instructions, where each leads, and the loops that they form."""
from __future__ import annotations

from typing import Collection, Iterable, Iterator

from .decode import ALWAYS, PC, Decoder, Instruction, Register, Undecodable

UNKNOWN = -1  # where a jump through a table leads
MAY_LOAD_PC = frozenset(("pop", "ldm", "ldmdb"))


class Loop:
    """Places that lead to one another, with the one where the loop is taken to begin: a path that stays in the
    loop comes to its head again, or stays in a loop within it."""

    __slots__ = ("head", "places")

    def __init__(self, head: int, places: Iterable[int]) -> None:
        self.head, self.places = head, frozenset(places)


class Graph:
    """The function from `start` up to `end`. `after`: address -> addresses, also such outside of it."""

    def __init__(self, decoder: Decoder, start: int, end: int) -> None:
        self.start = start
        self.instructions = dict(_listed(decoder, start, end))
        self.after = {address: _after(*listed) for address, listed in self.instructions.items()}
        self.targets = frozenset(instruction.number(-1) for instruction, _ in self.instructions.values()
                                 if instruction.name in ("b", "cbz", "cbnz"))
        self._loops: list[Loop] | None = None

    @property
    def loops(self) -> list[Loop]:
        """Its loops, each before those within it."""
        if self._loops is None:
            self._loops = list(self._find_loops(self.start, frozenset(self.instructions)))
        return self._loops

    def _find_loops(self, start: int, places: frozenset[int]) -> Iterator[Loop]:
        """Every loop among some places: a component that is strongly connected, and the loops that are left in
        it without its head (F. Bourdoncle, Efficient chaotic iteration strategies with widenings, 1993)."""
        for component in self._components(start, places):
            head = component[-1]
            if len(component) > 1 or head in self.after[head]:
                yield Loop(head, component)
                rest = frozenset(component) - {head}
                for following in self.after[head]:
                    if following in rest:
                        yield from self._find_loops(following, rest)
                        rest -= self._reached(following, rest)

    def _reached(self, start: int, places: Collection[int]) -> set[int]:
        seen, pending = {start}, [start]
        while pending:
            for following in self.after[pending.pop()]:
                if following in places and following not in seen:
                    seen.add(following)
                    pending.append(following)
        return seen

    def _components(self, start: int, places: Collection[int]) -> list[list[int]]:
        """Strongly connected components of what is reached from a start, by Tarjan's algorithm; the place that
        is reached first is the last of each."""
        index, low, stack = {start: 0}, {start: 0}, [start]
        found: list[list[int]] = []
        work = [(start, iter(self.after[start]))]
        while work:
            place, following = work[-1]
            for other in following:
                if other not in places:
                    continue
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    work.append((other, iter(self.after[other])))
                    break
                if other in low:
                    low[place] = min(low[place], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[place])
                if low[place] == index[place]:
                    at = stack.index(place)
                    component, stack = stack[at:], stack[:at]
                    for member in component:
                        del low[member]
                    found.append(component[::-1])
        return found


def _listed(decoder: Decoder, address: int, end: int) -> Iterator[tuple[int, tuple[Instruction, bool]]]:
    """Every instruction of a function, and whether it is conditional."""
    pending: list[int] = []
    while address < end:
        try:
            instruction = decoder.at(address)
        except Undecodable:
            address += 2
            continue
        condition = pending.pop(0) if pending else instruction.condition
        if instruction.name == "it":
            pending = [instruction.number(place) for place in range(len(instruction.operands))]
        yield address, (instruction, condition != ALWAYS)
        address = instruction.next


def _after(instruction: Instruction, conditional: bool) -> tuple[int, ...]:
    """Where an instruction leads in its function; nowhere, if it returns."""
    name = instruction.name
    if name in ("b", "cbz", "cbnz"):
        target = instruction.number(-1)
        return (target,) if name == "b" and not conditional else (target, instruction.next)
    if name in ("tbb", "tbh"):
        return (UNKNOWN,)
    ends = name in ("bx", "bkpt", "udf") or loads_pc(instruction)
    return () if ends and not conditional else (instruction.next,)


def loads_pc(instruction: Instruction) -> bool:
    """Does the instruction write the program counter, other than by a branch?"""
    name = instruction.name
    if name in MAY_LOAD_PC:
        written = instruction.operands
    elif name.startswith("ldr") or name in ("mov", "add"):
        written = instruction.operands[:1]
    else:
        return False
    return any(isinstance(operand, Register) and operand.number == PC for operand in written)
