# SPDX-License-Identifier: MIT
"""Which registers and words of its own stack still matter to a function at a place. What does not is
forgotten, so that paths that differ in nothing else become one. A mistake here costs precision, not truth:
knowing less excludes no path.

Registers are numbers from 0 on; a word of the stack is its distance from the stack pointer at the function's
entry, a negative number; FLAGS are the flags.
"""
from __future__ import annotations

from typing import AbstractSet, Sequence

from .decode import COMPARES, LR, PC, SP, Instruction, Memory, Operand, Register
from .graph import Graph
from .step import LOADS, MULTIPLE, STORES

FLAGS = 16
REGISTERS = frozenset((*range(13), LR, FLAGS))
# What a caller may look at when a function is done, and what a function may look at when it begins.
AFTER_RETURN = frozenset((0, *range(4, 12)))
AT_CALL = frozenset(range(4))
LOST_BY_CALL = frozenset((*AT_CALL, 12, LR, FLAGS))
# Those whose first operand is their result and no operand of theirs, where they have three or are COPIES.
COPIES = frozenset((*LOADS, *"mov movw mvn adr uxth uxtb sxth sxtb clz mrs rev rbit".split()))
RESULTS = COPIES | frozenset("""
    add addw sub subw rsb and orr eor bic orn lsl lsr asr ror ubfx sbfx mul udiv sdiv""".split())


class Effect:
    """What an instruction reads and what it surely overwrites; the words of the stack that it loads, each with
    its register; where it leads, and what matters beyond that."""

    __slots__ = ("uses", "results", "loads", "after", "beyond")

    def __init__(self, instruction: Instruction, loads: dict[int, int], after: tuple[int, ...]) -> None:
        self.uses: frozenset[int]
        self.results: frozenset[int]
        self.uses, self.results = _registers(instruction)
        self.loads, self.after = loads, after
        self.beyond: frozenset[int] = frozenset()


class Liveness:
    """Of one function, by its graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._instructions = graph, graph.instructions
        self._depths: dict[int, int] = {}
        self._kept = 0  # words of the stack from here on may be reached by a pointer: they always matter
        self._measure(graph.start)
        self._effects = {address: self._effect(*listed) for address, listed in self._instructions.items()}
        self._live: dict[int, frozenset[int]] = {}
        self._dead: dict[int, frozenset[int]] = {}
        self._solve()

    def dead_at(self, address: int) -> frozenset[int]:
        """The registers that do not matter at an address."""
        if address not in self._dead:
            self._dead[address] = REGISTERS - {FLAGS} - self._live.get(address, REGISTERS)
        return self._dead[address]

    def flags_matter(self, address: int) -> bool:
        """Do the flags matter at an address?"""
        return FLAGS in self._live.get(address, REGISTERS)

    def slot_matters(self, address: int, depth: int, slot: int) -> bool:
        """Does a word of the stack matter at an address, where the stack pointer is at a depth?"""
        if self._depths.get(address) != depth:
            return True
        return slot >= self._kept or slot in self._live.get(address, ())

    # ---- The stack -------------------------------------------------------------------------------

    def _measure(self, start: int) -> None:
        """Where the stack pointer is before each instruction, as far as that is the same on all ways."""
        pending = [(start, 0)]
        while pending:
            address, depth = pending.pop()
            if address not in self._instructions or address in self._depths:
                continue
            self._depths[address] = depth
            instruction = self._instructions[address][0]
            self._note_pointers(instruction, depth)
            moved = depth + _move(instruction)
            pending += ((following, moved) for following in self._graph.after[address])

    def _note_pointers(self, instruction: Instruction, depth: int) -> None:
        """An address in the stack that is taken, or a use of the stack pointer that is not followed here."""
        name, operands = instruction.name, instruction.operands
        if name in ("push", "pop") or SP not in set(instruction.registers()):
            return
        if _moves_stack(instruction):
            return
        memory = instruction.access()
        if memory is not None and memory.index is None and not instruction.writes_back:
            return
        last = operands[-1]
        if name == "mov" and instruction.register(0) != SP:
            self._kept = min(self._kept, depth)
        elif name == "add" and instruction.register(0) != SP and isinstance(last, int):
            self._kept = min(self._kept, depth + last)
        else:
            self._kept = -1 << 31

    def _slots(self, instruction: Instruction) -> dict[int, int]:
        """The words of the stack that an instruction loads or stores by the stack pointer, each with its
        register."""
        depth = self._depths.get(instruction.address)
        if depth is None:
            return {}
        operands = instruction.operands
        if instruction.name in ("push", "pop"):
            first, registers = depth + min(_move(instruction), 0), operands
        else:
            memory = instruction.access()
            if memory is None or memory.base != SP:
                return {}
            first, registers = depth + memory.offset & ~3, operands[:instruction.memory()]
        return {first + 4 * n: register.number for n, register in enumerate(registers)
                if isinstance(register, Register)}

    # ---- Uses and results ------------------------------------------------------------------------

    def _effect(self, instruction: Instruction, conditional: bool) -> Effect:
        effect = Effect(instruction, self._slots(instruction), self._graph.after[instruction.address])
        if instruction.name in ("push", "str", "strd"):
            effect.results |= effect.loads.keys()
            effect.loads = {}
        if conditional:
            effect.uses, effect.results = effect.uses | {FLAGS}, frozenset()
        if instruction.name == "bx" or PC in effect.results:
            effect.beyond = AFTER_RETURN
        return effect

    def _solve(self) -> None:
        slots = {slot for effect in self._effects.values() for slot in effect.loads}
        changed = True
        while changed:
            changed = False
            for address in sorted(self._effects, reverse=True):
                live = self._before(self._effects[address], REGISTERS | slots)
                if live != self._live.get(address):
                    self._live[address] = live
                    changed = True

    def _before(self, effect: Effect, everything: AbstractSet[int]) -> frozenset[int]:
        """What matters before an instruction, by what matters after it."""
        live = effect.beyond
        for following in effect.after:
            if following in self._effects:
                live |= self._live.get(following, frozenset())
            else:  # a tail call, or what is not known here
                live |= everything
        # A word matters if the register that it is loaded into does: POP makes room by loading as well.
        loads = {slot for slot, number in effect.loads.items() if number == PC or number in live}
        return live - effect.results | effect.uses | loads


def _moves_stack(instruction: Instruction) -> bool:
    """Does the instruction add a number to the stack pointer, or subtract one?"""
    operands = instruction.operands
    return (instruction.name in ("add", "sub") and instruction.register(0) == SP and isinstance(operands[-1], int))


def _move(instruction: Instruction) -> int:
    """By how much an instruction moves the stack pointer."""
    name, operands = instruction.name, instruction.operands
    if name in ("push", "pop"):
        return 4 * len(operands) * (1 if name == "pop" else -1)
    if _moves_stack(instruction):
        return instruction.number(-1) * (1 if name == "add" else -1)
    return 0


def _registers(instruction: Instruction) -> tuple[frozenset[int], frozenset[int]]:
    """The registers that an instruction reads, and those that it surely overwrites."""
    name, operands = instruction.name, instruction.operands
    named = frozenset(instruction.registers()) - {SP}
    if name in MULTIPLE:
        if MULTIPLE[name][0] == "store":
            return named, frozenset()
        base = frozenset(() if name == "pop" else (instruction.register(0),))
        return base, named - base
    if name in ("bl", "blx"):
        return AT_CALL | named, LOST_BY_CALL
    if name in COMPARES:
        return named, frozenset((FLAGS,))
    if name in STORES or any(isinstance(operand, Register) and operand.shift and operand.shift[1] is None
                             for operand in operands):
        return named, frozenset()
    if name not in RESULTS and name != "ldrd":
        return named | {FLAGS}, frozenset()
    count = 2 if name == "ldrd" else 1
    written = frozenset(instruction.register(place) for place in range(count)) - {SP}
    read = operands[count:] if len(operands) != 2 or name in COPIES else operands
    return _read(read), written | {FLAGS} if instruction.sets_flags else written


def _read(operands: Sequence[Operand]) -> frozenset[int]:
    found: set[int | None] = set()
    for operand in operands:
        if isinstance(operand, Register):
            found.add(operand.number)
        elif isinstance(operand, Memory):
            found.update((operand.base, operand.index))
    return frozenset(number for number in found if number is not None and number != SP)
