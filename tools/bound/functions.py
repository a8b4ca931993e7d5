"""Every function of an image: its name, its graph, and what matters where in it.

SPDX-License-Identifier: MIT
"""
from .decode import SP
from .elf import base_name
from .graph import Graph
from .liveness import Liveness
from .state import Stack


class Functions:
    """Looked at when they are first asked for."""

    def __init__(self, image, decoder):
        self._image, self._decoder = image, decoder
        self._graphs, self._liveness = {}, {}

    def name_of(self, address):
        """The source name of the function that begins at an address, or None."""
        found = self._image.function_at(address)
        return base_name(found[0]) if found is not None and found[1] == address else None

    def name_around(self, address):
        """The source name of the function that an address lies in, or None."""
        found = self._image.function_at(address)
        return base_name(found[0]) if found is not None else None

    def place(self, address):
        return self._image.place(address)

    def same(self, address, other):
        """Do both addresses lie in one function?"""
        found = self._image.function_at(address)
        return found is not None and found[1] <= other < found[2]

    def is_target(self, address):
        """Does some branch of its own function go to an address?"""
        graph = self._graph(address)
        return graph is not None and address in graph.targets

    def returns_from(self, address, stops):
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

    def loops(self, address):
        """The loops of the function that an address lies in."""
        return self._graph(address).loops

    def loops_at(self, address):
        """Those of them that the address lies in itself."""
        return [loop for loop in self.loops(address) if address in loop.places]

    def forget_dead(self, state, address, stack):
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
        depth = state.registers[SP].offset - stack
        for slot in [slot for slot, value in state.slots.items() if slot < stack and not isinstance(value, Stack)]:
            if not liveness.slot_matters(address, depth, slot - stack):
                del state.slots[slot]

    def _graph(self, address):
        """The graph of the function that an address lies in, or None."""
        if address not in self._graphs:
            found = self._image.function_at(address)
            if found is None or found[1] == address:
                self._graphs[address] = found and Graph(self._decoder, *found[1:])
            else:
                self._graphs[address] = self._graph(found[1])
        return self._graphs[address]

    def _liveness_at(self, address):
        graph = self._graph(address)
        if graph is not None and graph.start not in self._liveness:
            self._liveness[graph.start] = Liveness(graph)
        return graph and self._liveness[graph.start]
