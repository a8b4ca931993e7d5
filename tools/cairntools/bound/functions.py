# SPDX-License-Identifier: MIT
"""Every function of an image: its name, its graph, and what matters where in it."""
from __future__ import annotations

from typing import Container

from .decode import Decoder
from .graph import Graph, Loop
from .image import Image, base_name
from .liveness import Liveness
from .state import Stack, State


class Functions:
    """Looked at when they are first asked for."""

    def __init__(self, image: Image, decoder: Decoder) -> None:
        self._image, self._decoder = image, decoder
        self._graphs: dict[int, Graph | None] = {}
        self._liveness: dict[int, Liveness] = {}

    def name_of(self, address: int) -> str | None:
        """The source name of the function that begins at an address, or None."""
        found = self._image.function_at(address)
        return base_name(found[0]) if found is not None and found[1] == address else None

    def name_around(self, address: int) -> str | None:
        """The source name of the function that an address lies in, or None."""
        found = self._image.function_at(address)
        return base_name(found[0]) if found is not None else None

    def place(self, address: int) -> str:
        """An address in words."""
        return self._image.place(address)

    def same(self, address: int, other: int) -> bool:
        """Do both addresses lie in one function?"""
        found = self._image.function_at(address)
        return found is not None and found[1] <= other < found[2]

    def is_target(self, address: int) -> bool:
        """Does some branch of its own function go to an address?"""
        graph = self._graph(address)
        return graph is not None and address in graph.targets

    def returns_from(self, address: int, stops: Container[str | None]) -> bool:
        """Can a function end by returning, from an address on? Those named in `stops` do not return."""
        graph, seen, pending = self._graph(address), {address}, [address]
        while pending and graph is not None:
            instruction, conditional = graph.instructions.get(pending.pop(), (None, False))
            if instruction is None or instruction.name in ("tbb", "tbh"):
                return True
            target = instruction.operands[0] if instruction.name in ("b", "bl") else None
            if isinstance(target, int) and self.name_of(target) in stops and not conditional:
                continue
            after = graph.after[instruction.address]
            if not after and instruction.name not in ("bkpt", "udf"):
                return True
            pending += set(after) - seen
            seen.update(after)
        return graph is None

    def loops(self, address: int) -> list[Loop]:
        """The loops of the function that an address lies in."""
        graph = self._graph(address)
        return graph.loops if graph is not None else []

    def loops_at(self, address: int) -> list[Loop]:
        """Those of them that the address lies in itself."""
        return [loop for loop in self.loops(address) if address in loop.places]

    def forget_dead(self, state: State, address: int, stack: int) -> None:
        """Forget what does not matter any more at an address, in a call that the stack pointer entered at
        `stack`; but no address in the stack: a store to one that is not known would be taken for another's."""
        liveness = self._liveness_at(address)
        if liveness is None:
            return
        for number in liveness.dead_at(address):
            if not isinstance(state.registers[number], Stack):
                state.registers[number] = state.unknown()
        if not liveness.flags_matter(address):
            state.flags = None
        depth = state.depth - stack
        for slot in [slot for slot, value in state.slots.items() if slot < stack and not isinstance(value, Stack)]:
            if not liveness.slot_matters(address, depth, slot - stack):
                del state.slots[slot]

    def _graph(self, address: int) -> Graph | None:
        """The graph of the function that an address lies in, or None."""
        if address not in self._graphs:
            found = self._image.function_at(address)
            if found is None or found[1] == address:
                self._graphs[address] = Graph(self._decoder, *found[1:]) if found is not None else None
            else:
                self._graphs[address] = self._graph(found[1])
        return self._graphs[address]

    def _liveness_at(self, address: int) -> Liveness | None:
        graph = self._graph(address)
        if graph is None:
            return None
        if graph.start not in self._liveness:
            self._liveness[graph.start] = Liveness(graph)
        return self._liveness[graph.start]
