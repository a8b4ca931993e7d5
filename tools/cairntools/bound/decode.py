# SPDX-License-Identifier: MIT
"""Thumb-2 instructions, one at a time. Capstone decodes; what it says is put into the few forms that the
rest reads. IT is decoded here: which instructions it makes conditional is for the walk to know.
"""
from __future__ import annotations

import struct
from typing import Any, Iterator, Union

import capstone
from capstone import arm as cs

from .image import Image

WORD = 0xFFFFFFFF
SP, LR, PC = 13, 14, 15
ALWAYS = 14  # the condition that always holds; the others are 0 (eq) to 13 (le), as they are encoded
REGISTERS = {getattr(cs, f"ARM_REG_R{n}"): n for n in range(13)}
REGISTERS.update({cs.ARM_REG_SP: SP, cs.ARM_REG_LR: LR, cs.ARM_REG_PC: PC})
SHIFTS = {cs.ARM_SFT_LSL: "lsl", cs.ARM_SFT_LSR: "lsr", cs.ARM_SFT_ASR: "asr", cs.ARM_SFT_ROR: "ror",
          cs.ARM_SFT_RRX: "rrx"}
COMPARES = ("cmp", "cmn", "tst", "teq")


class Undecodable(Exception):
    """There is no instruction at an address, or none that is known; says why."""


class Register:
    """An operand: a register, perhaps shifted: `shift` is (name, amount), the amount None if a register's."""

    __slots__ = ("number", "shift")

    def __init__(self, number: int, shift: tuple[str | None, int | None] | None = None) -> None:
        self.number, self.shift = number, shift


class Memory:
    """An operand: [base, index << scale] or [base, #offset]."""

    __slots__ = ("base", "index", "scale", "offset")

    def __init__(self, base: int | None, index: int | None, scale: int, offset: int) -> None:
        self.base, self.index, self.scale, self.offset = base, index, scale, offset


Operand = Union[Register, Memory, int, None]


class Instruction:
    """`name` has neither condition, width nor `s`. Operands are Register, Memory, int or None (others). `writes_back`:
    the base register of a load or store is left with another address."""

    __slots__ = ("address", "size", "name", "text", "condition", "sets_flags", "writes_back", "operands")

    def __init__(self, address: int, size: int, name: str, text: str, operands: list[Operand]) -> None:
        self.address, self.size, self.name, self.text, self.operands = address, size, name, text, operands
        self.condition = ALWAYS
        self.sets_flags = self.writes_back = False

    def copy(self) -> Instruction:
        """The same instruction, to be changed."""
        other = Instruction(self.address, self.size, self.name, self.text, self.operands)
        other.condition, other.sets_flags, other.writes_back = self.condition, self.sets_flags, self.writes_back
        return other

    @property
    def next(self) -> int:
        """The address behind it."""
        return self.address + self.size

    def register(self, place: int) -> int:
        """The number of the register that is the operand at a place."""
        operand = self.operands[place]
        assert isinstance(operand, Register), self.text
        return operand.number

    def number(self, place: int) -> int:
        """The number that is the operand at a place."""
        operand = self.operands[place]
        assert isinstance(operand, int), self.text
        return operand

    def access(self) -> Memory | None:
        """The memory operand, or None."""
        place = self.memory()
        operand = self.operands[place] if place is not None else None
        return operand if isinstance(operand, Memory) else None

    def registers(self, first: int = 0) -> Iterator[int]:
        """Every core register that an operand names, from the first of these on."""
        for operand in self.operands[first:]:
            if isinstance(operand, Register):
                yield operand.number
            elif isinstance(operand, Memory):
                if operand.base is not None:
                    yield operand.base
                if operand.index is not None:
                    yield operand.index

    def memory(self) -> int | None:
        """The place in the operands of the memory operand, or None."""
        for place, operand in enumerate(self.operands):
            if isinstance(operand, Memory):
                return place
        return None


class Decoder:
    """Decodes instructions of an image, each once."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._known: dict[int, Instruction] = {}
        # ARMv8's instructions only where they can be: Capstone takes some of ARMv7-M for them.
        v8 = capstone.CS_MODE_V8 if image.architecture.startswith("ARMv8") else 0
        self._capstone = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | v8)
        self._capstone.detail = True

    def at(self, address: int) -> Instruction:
        """The instruction at an address. Raises Undecodable."""
        if address not in self._known:
            self._known[address] = self._decode(address)
        return self._known[address]

    def _decode(self, address: int) -> Instruction:
        code = self._image.code(address)
        if code is None or len(code) < 2:
            raise Undecodable("there is no code")
        half = struct.unpack("<H", code[:2])[0]
        if half & 0xFF00 == 0xBF00 and half & 0xF:
            return _if_then(address, half)
        found = next(self._capstone.disasm(code, address, 1), None)
        if found is None:
            raise Undecodable(f"{code.hex()} is no instruction that is known here")
        return _simplify(found)


def _if_then(address: int, half: int) -> Instruction:
    """IT: the operands are the conditions of the instructions that follow, one to four."""
    first, mask = half >> 4 & 0xF, half & 0xF
    length = 4 - (mask & -mask).bit_length() + 1
    conditions: list[Operand] = [first]
    for place in range(1, length):
        conditions.append(first & ~1 | mask >> 4 - place & 1)
    text = "it" + "".join("t" if c == first else "e" for c in conditions[1:])
    return Instruction(address, 2, "it", text, conditions)


def _simplify(found: Any) -> Instruction:
    """Of Capstone's instruction."""
    text = f"{found.mnemonic} {found.op_str}".strip()
    operands = [_operand(operand) for operand in found.operands]
    instruction = Instruction(found.address, found.size, found.insn_name(), text, operands)
    instruction.condition = found.cc - 1 if cs.ARM_CC_EQ <= found.cc < cs.ARM_CC_AL else ALWAYS
    instruction.sets_flags = bool(found.update_flags) or instruction.name in COMPARES
    instruction.writes_back = bool(found.writeback)
    return instruction


def _operand(operand: Any) -> Operand:
    """Of Capstone's operand."""
    if operand.type == cs.ARM_OP_IMM:
        return int(operand.imm) & WORD
    if operand.type == cs.ARM_OP_REG and operand.reg in REGISTERS:
        shift: tuple[str | None, int | None] | None = None
        if operand.shift.type in SHIFTS:
            shift = (SHIFTS[operand.shift.type], operand.shift.value)
        elif operand.shift.type:
            shift = (None, None)
        return Register(REGISTERS[operand.reg], shift)
    if operand.type == cs.ARM_OP_MEM:
        memory = operand.mem
        index = REGISTERS.get(memory.index) if memory.index else None
        scale = operand.shift.value if operand.shift.type == cs.ARM_SFT_LSL else memory.lshift
        return Memory(REGISTERS.get(memory.base), index, scale, memory.disp)
    return None
