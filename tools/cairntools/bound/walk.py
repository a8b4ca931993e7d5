# SPDX-License-Identifier: MIT
"""The walk: from one place on a path to the next, as the processor would go, into every call and both ways
of every branch that can be taken by what is known of the registers.
"""
from __future__ import annotations

from typing import Any, Hashable, Tuple

from . import step as steps
from .conditions import ways, ways_of_zero
from .decode import ALWAYS, COMPARES, LR, PC, Decoder, Instruction, Memory, Undecodable
from .facts import Fact, Facts
from .functions import Functions
from .graph import MAY_LOAD_PC, loads_pc
from .image import Image
from .state import Stack, State
from .step import Refused
from .timing import Cycles

RETURN = 0xFFFFFFFF  # what LR holds at the entry: no code is there
LONGEST_TABLE = 1024  # entries of a jump table

# Copying and clearing: left out, and refused with interrupts off. The register that has the number of bytes.
COPIES = {"memcpy": 2, "memmove": 2, "memset": 2, "__aeabi_memcpy": 2, "__aeabi_memcpy4": 2, "__aeabi_memcpy8": 2,
          "__aeabi_memmove": 2, "__aeabi_memmove4": 2, "__aeabi_memmove8": 2, "__aeabi_memset": 1,
          "__aeabi_memset4": 1, "__aeabi_memset8": 1, "__aeabi_memclr": 1, "__aeabi_memclr4": 1, "__aeabi_memclr8": 1}
COPYING = "copying or clearing, with interrupts on"
LOOP = "loop"  # what is counted is (LOOP, its head), or (a fact's place in its file, the function that is entered)
STOP = "bkpt or udf"
JUMPS = frozenset("b bl blx bx cbz cbnz tbb tbh bkpt udf svc wfi wfe".split())

Cost = Tuple[int, int]  # instructions and cycles
What = Tuple[Hashable, Hashable]
Count = Tuple[Tuple[What, int], int]  # of what, at which depth of calls: how often


class Call:
    """A function that was entered and not left: its entry, where it returns to, the stack pointer. `names` are
    those of the functions that a tail call has put in its place, too. `number` distinguishes calls of one path
    that are equal otherwise."""

    __slots__ = ("entry", "back", "stack", "names", "number", "_hash")

    def __init__(self, entry: int, back: int, stack: int, names: tuple[str | None, ...], number: int) -> None:
        self.entry, self.back, self.stack, self.names, self.number = entry, back, stack, names, number
        self._hash = hash((entry, back, stack, names))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and (self.entry, self.back, self.stack, self.names) == (
            other.entry, other.back, other.stack, other.names)

    def named(self, name: str) -> Call:
        """The same call after a tail call."""
        if name in self.names:
            return self
        return Call(self.entry, self.back, self.stack, self.names + (name,), self.number)


class Node:
    """A place on a path. `calls` are the functions entered and not left, the outermost first; `counts` how
    often something has happened that a fact limits: ((what, depth of the call), number)."""

    __slots__ = ("pc", "calls", "counts", "state")

    def __init__(self, pc: int, calls: tuple[Call, ...], counts: tuple[Count, ...], state: State) -> None:
        self.pc, self.calls, self.counts, self.state = pc, calls, counts, state

    def key(self) -> tuple[Any, ...]:
        """Two nodes with the same key go on alike."""
        return self.pc, self.calls, self.counts, self.state.key()

    def counted(self, what: What, depth: int, most: int) -> Node | None:
        """The node after `what` has happened once more in the call at a depth; None if it cannot."""
        count = dict(self.counts).get((what, depth), 0) + 1
        return self.with_count(what, depth, count) if count <= most else None

    def counts_what(self, what: What, depth: int) -> bool:
        """Is it counted in the call at a depth?"""
        return any(known == (what, depth) for known, _ in self.counts)

    def with_count(self, what: What, depth: int, count: int | None) -> Node:
        """The node with a count set, or dropped if it is None."""
        counts = dict(self.counts)
        counts.pop((what, depth), None)
        if count is not None:
            counts[what, depth] = count
        return Node(self.pc, self.calls, tuple(sorted(counts.items())), self.state)


class Edge:
    """Straight code from a node to the next: its instructions and cycles. `to` is None at the end."""

    __slots__ = ("cost", "to")

    def __init__(self, cost: Cost, to: Node | None) -> None:
        self.cost, self.to = cost, to


class Flight:
    """Straight code under way. `pending` are the conditions that an IT instruction has left."""

    __slots__ = ("state", "pc", "cost", "before", "pending")

    def __init__(self, state: State, pc: int, cost: Cost, before: Instruction | None = None,
                 pending: tuple[int, ...] = ()) -> None:
        self.state, self.pc, self.cost, self.before, self.pending = state, pc, cost, before, pending


class Walk:
    """Goes over an image by the timing of a core; without one, cycles are 0."""

    def __init__(self, image: Image, decoder: Decoder, functions: Functions, cycles: Cycles | None,
                 facts: Facts) -> None:
        self._image, self._decoder, self._functions = image, decoder, functions
        self._cycles, self._facts = cycles, facts
        self._calls = 0
        self._entry: int | None = None
        self.left_out: dict[str, str] = {}  # name -> why

    def root(self, entry: int) -> Node:
        """The node where a call of a function begins, interrupts on."""
        self._entry = entry
        state = State()
        state.registers[LR] = RETURN
        return Node(entry, (Call(entry, RETURN, 0, (self._functions.name_of(entry),), 0),), (), state)

    # ---- Straight code ---------------------------------------------------------------------------

    def edges(self, node: Node) -> list[Edge]:
        """Every way on from a node. Raises Refused where one has no bound."""
        edges: list[Edge] = []
        flights = [Flight(node.state.copy(), node.pc, (0, 0))]
        while flights:
            flight = flights.pop()
            if flight.pc != node.pc and not flight.pending and self._functions.is_target(flight.pc):
                self._stall(flight)
                self._go(edges, node, flight, flight.pc)
                continue
            instruction = self._fetch(flight.pc)
            condition = instruction.condition
            if flight.pending:
                condition, flight.pending = flight.pending[0], flight.pending[1:]
            if instruction.name == "it":
                after = self._spend(flight, flight.state, instruction)
                after.pending = tuple(instruction.number(n) for n in range(len(instruction.operands)))
                flights.append(after)
            elif instruction.name in JUMPS or loads_pc(instruction):
                self._jump(edges, node, flight, instruction, condition)
            else:
                self._plain(edges, node, flights, flight, instruction, condition)
        return edges

    def _fetch(self, address: int) -> Instruction:
        try:
            return self._decoder.at(address)
        except Undecodable as error:
            raise Refused(address, str(error)) from None

    def _plain(self, edges: list[Edge], node: Node, flights: list[Flight], flight: Flight, instruction: Instruction,
               condition: int) -> None:
        if condition != ALWAYS:
            instruction = _in_it(instruction)
        for taken, state in ways(flight.state, condition):
            after = self._spend(flight, state, instruction, skipped=not taken)
            if taken:
                steps.step(state, instruction, self._image)
            if taken and instruction.name in steps.LOCKING:
                self._go(edges, node, after, after.pc)
            else:
                flights.append(after)

    def _spend(self, flight: Flight, state: State, instruction: Instruction, taken: bool = False,
               skipped: bool = False) -> Flight:
        """The flight after an instruction, which a false condition may have skipped."""
        instructions, cycles = flight.cost
        if self._cycles is not None:
            cycles += 1 if skipped else self._cycles(instruction, taken, flight.before)
        return Flight(state, instruction.next, (instructions + 1, cycles), instruction, flight.pending)

    def _stall(self, flight: Flight) -> None:
        """Add what the next instruction takes longer for the one before it, which it does not see by itself."""
        if self._cycles is not None:
            following = self._fetch(flight.pc)
            more = self._cycles(following, False, flight.before) - self._cycles(following, False, None)
            flight.cost = flight.cost[0], flight.cost[1] + more

    # ---- Jumps -----------------------------------------------------------------------------------

    def _jump(self, edges: list[Edge], node: Node, flight: Flight, instruction: Instruction, condition: int) -> None:
        name = instruction.name
        if name in ("bkpt", "udf"):
            self.left_out[STOP] = "the processor stops there"
            return
        if name in ("svc", "wfi", "wfe"):
            raise Refused(instruction.address, f"{name}: what comes of it has no bound here")
        if name in ("cbz", "cbnz"):
            value = flight.state.registers[instruction.register(0)]
            found = ways_of_zero(flight.state, value, name == "cbnz")
        else:
            found = ways(flight.state, condition)
        for taken, state in found:
            after = self._spend(flight, state, instruction, taken)
            if not taken:
                self._go(edges, node, after, instruction.next)
            elif name in ("b", "cbz", "cbnz"):
                self._go_to(edges, node, after, instruction.number(-1), instruction)
            elif name in ("bl", "blx"):
                self._call(edges, node, after, instruction)
            elif name in ("tbb", "tbh"):
                self._table(edges, node, after, instruction)
            else:
                self._computed(edges, node, after, instruction)

    def _computed(self, edges: list[Edge], node: Node, flight: Flight, instruction: Instruction) -> None:
        """A jump to what a register or memory holds: a return, or a tail call by a pointer that is known."""
        state, name = flight.state, instruction.name
        value = None
        if name in MAY_LOAD_PC:
            value = steps.load_or_store_many(state, instruction, self._image)
        elif name in steps.LOADS:
            value = steps.load_jump(state, instruction, self._image)
        elif name in ("bx", "mov"):
            value = steps.read(state, instruction, instruction.operands[-1])
        target = state.number(value) if value is not None else None
        if target is None:
            raise Refused(instruction.address, f"an indirect jump, to a place that is not known: {instruction.text}")
        if target == node.calls[-1].back:
            self._return(edges, node, flight, instruction)
        else:
            self._go_to(edges, node, flight, target & ~1, instruction)

    def _table(self, edges: list[Edge], node: Node, flight: Flight, instruction: Instruction) -> None:
        memory = instruction.operands[0]
        assert isinstance(memory, Memory) and memory.index is not None
        index = flight.state.registers[memory.index]
        low, high = flight.state.range(index)
        width = 1 if instruction.name == "tbb" else 2
        if memory.base != PC or high - low >= LONGEST_TABLE:
            raise Refused(instruction.address, "a jump table, of a number of entries that is not known")
        targets: dict[int, list[int]] = {}
        for entry in range(low, high + 1):
            offset = self._image.constant(instruction.next + width * entry, width, literal=True)
            if offset is None:
                raise Refused(instruction.address, "a jump table that is not in the image")
            targets.setdefault(instruction.next + 2 * offset, []).append(entry)
        for target, entries in sorted(targets.items()):
            state = flight.state.copy()
            state.narrow(index, entries[0], entries[-1])
            self._go_to(edges, node, Flight(state, target, flight.cost), target, instruction)

    # ---- Calls -----------------------------------------------------------------------------------

    def _call(self, edges: list[Edge], node: Node, flight: Flight, instruction: Instruction) -> None:
        operand, state = instruction.operands[0], flight.state
        target = operand if isinstance(operand, int) else state.number(state.registers[instruction.register(0)])
        if target is None:
            raise Refused(instruction.address, f"an indirect call, of a function that is not known: {instruction.text}")
        target &= ~1
        state.registers[LR] = back = instruction.next | 1
        name = self._functions.name_of(target)
        if name is not None and self._leaves_out(name, target, state.masked):
            if self._pass_over(state, name, instruction):
                self._go(edges, node, flight, instruction.next)
            return
        if any(call.entry == target for call in node.calls):
            raise Refused(instruction.address, f"recursion: {self._image.place(target)} is called from within itself")
        self._forget_before_call(state, instruction, node.calls[-1].stack)
        self._calls += 1
        call = Call(target, back, state.depth, (name,), self._calls)
        self._enter(edges, Node(target, node.calls + (call,), node.counts, state), flight)

    def _forget_before_call(self, state: State, instruction: Instruction, stack: int) -> None:
        """What does not matter to the caller afterwards, except the call's arguments."""
        arguments = state.registers[:4], state.registers[LR]
        self._functions.forget_dead(state, instruction.next, stack)
        state.registers[:4], state.registers[LR] = arguments

    def _go_to(self, edges: list[Edge], node: Node, flight: Flight, target: int, instruction: Instruction) -> None:
        """A branch; or a tail call, where it leaves the function."""
        if self._functions.same(instruction.address, target):
            self._go(edges, node, flight, target)
            return
        name = self._functions.name_of(target)
        if name is not None and self._leaves_out(name, target, flight.state.masked):
            back = flight.state.number(flight.state.registers[LR])
            if self._pass_over(flight.state, name, instruction):
                if back != node.calls[-1].back:
                    raise Refused(instruction.address, f"a tail call of {name}, which returns to a place not known")
                self._return(edges, node, flight, instruction)
            return
        calls = node.calls[:-1] + (node.calls[-1].named(name),) if name is not None else node.calls
        counts = tuple(entry for entry in node.counts if entry[0][0][0] != LOOP or entry[0][1] < len(calls))
        self._enter(edges, Node(target, calls, counts, flight.state), flight)

    def _enter(self, edges: list[Edge], node: Node, flight: Flight) -> None:
        """Begin a function, unless a fact says that this path does not come to it."""
        name = self._functions.name_of(node.pc)
        for fact in self._facts.limits:
            depth = _depth(fact, node, name)
            if depth is None:
                continue
            counted = node.counted((fact.where, name), depth, fact.number if name == fact.names[-1] else 1)
            if counted is None and name == fact.names[-1]:
                fact.used = True
                return
            node = counted or node
        edges.append(Edge(flight.cost, node))

    def _leaves_out(self, name: str, target: int, masked: bool) -> bool:
        """Is the function not followed where it is called? With interrupts off one that is apart is, where a fact
        bounds its loops: it belongs to this call then."""
        if target == self._entry or masked and name in self._facts.apart and name in self._facts.rounds:
            return False
        return name in COPIES or name in self._facts.stops or name in self._facts.apart

    def _pass_over(self, state: State, name: str, instruction: Instruction) -> bool:
        """What a call that is not followed leaves behind. False if nothing comes after it."""
        fact = self._facts.stops.get(name)
        if fact is not None:
            fact.used = True
            self.left_out[name] = " ".join(fact.proof)
            return False
        if state.masked:
            raise Refused(instruction.address, f"{name} is called with interrupts off, and has no bound here")
        fact = self._facts.apart.get(name)
        if fact is not None:
            fact.used = True
        self.left_out[name] = " ".join(fact.proof) if fact is not None else COPYING
        _forget_written(state, name)
        _forget_scratch(state, first=0)
        return True

    def _return(self, edges: list[Edge], node: Node, flight: Flight, instruction: Instruction) -> None:
        state, call = flight.state, node.calls[-1]
        if state.depth != call.stack:
            raise Refused(instruction.address, "the stack pointer is not where the call found it")
        if len(node.calls) == 1:
            if state.masked:
                raise Refused(instruction.address, "it returns with interrupts off")
            edges.append(Edge(flight.cost, None))
            return
        _forget_scratch(state, first=1)
        state.coarsen()
        calls = node.calls[:-1]
        counts = tuple(entry for entry in node.counts if entry[0][1] <= len(calls))
        self._go(edges, Node(node.pc, calls, counts, state), flight, call.back & ~1)

    def _go(self, edges: list[Edge], node: Node, flight: Flight, target: int) -> None:
        """On to a place in the same call. What does not matter there is forgotten."""
        self._functions.forget_dead(flight.state, target, node.calls[-1].stack)
        edges.append(Edge(flight.cost, Node(target, node.calls, node.counts, flight.state)))


def _in_it(instruction: Instruction) -> Instruction:
    """Inside an IT block the 16-bit instructions that set the flags do not do so, except comparisons."""
    if not instruction.sets_flags or instruction.size != 2 or instruction.name in COMPARES:
        return instruction
    other = instruction.copy()
    other.sets_flags = False
    return other


def _forget_written(state: State, name: str) -> None:
    """What a function that is not followed may have written to the call's own stack, by its arguments."""
    given = [value for value in state.registers[:4] if isinstance(value, Stack)]
    if name not in COPIES:
        for stack in given:
            state.forget_slots(stack.offset)
        return
    into = state.registers[0]
    if isinstance(into, Stack):
        state.forget_slots(into.offset, state.number(state.registers[COPIES[name]]))
    if isinstance(state.registers[1], Stack):
        state.escaped = True  # an address may have been among what is copied


def _forget_scratch(state: State, first: int) -> None:
    """After a call, the registers that it may use as it likes are unknown; r0 too, with `first` 0."""
    for number in (*range(first, 4), 12, LR):
        state.registers[number] = state.unknown()
    state.flags = None


def _depth(fact: Fact, node: Node, name: str | None) -> int | None:
    """The depth of the call in which a fact counts that `name` is entered; None if it does not."""
    if fact.kind == "most":
        return _inside(fact, node) if name == fact.names[0] else None
    first, second = fact.names
    if name == first and (not fact.inside or _inside(fact, node) is not None):
        return 1
    return 1 if name == second and any(what == (fact.where, first) for (what, _), _ in node.counts) else None


def _inside(fact: Fact, node: Node) -> int | None:
    """The depth of the call that a fact means; None if there is none."""
    wanted = list(fact.inside)
    for place, call in enumerate(node.calls, 1):
        while wanted and wanted[0] in call.names:
            wanted.pop(0)
            if not wanted:
                return place
    return None
