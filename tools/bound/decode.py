"""Thumb-2 instructions, one at a time. Capstone decodes; what it says is put into the few forms that the
rest reads. IT is decoded here: which instructions it makes conditional is for the walk to know.

SPDX-License-Identifier: MIT
"""
import struct

import capstone
from capstone import arm as cs

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

    def __init__(self, number, shift=None):
        self.number, self.shift = number, shift


class Memory:
    """An operand: [base, index << scale] or [base, #offset]."""
    __slots__ = ("base", "index", "scale", "offset")

    def __init__(self, base, index, scale, offset):
        self.base, self.index, self.scale, self.offset = base, index, scale, offset


class Instruction:
    """`name` has neither condition, width nor `s`. Operands are Register, Memory, int or None (others)."""
    __slots__ = ("address", "size", "name", "text", "condition", "sets_flags", "writes_back", "operands")

    def copy(self):
        other = Instruction()
        for field in self.__slots__:
            setattr(other, field, getattr(self, field))
        return other

    @property
    def next(self):
        return self.address + self.size

    def registers(self, first=0):
        """Every core register that an operand names, from the first of these on."""
        for operand in self.operands[first:]:
            if isinstance(operand, Register):
                yield operand.number
            elif isinstance(operand, Memory):
                yield operand.base
                if operand.index is not None:
                    yield operand.index

    def memory(self):
        """The place in the operands of the memory operand, or None."""
        for place, operand in enumerate(self.operands):
            if isinstance(operand, Memory):
                return place
        return None


class Decoder:
    """Decodes instructions of an image, each once."""

    def __init__(self, image):
        self._image = image
        self._known = {}
        # ARMv8's instructions only where they can be: Capstone takes some of ARMv7-M for them.
        v8 = capstone.CS_MODE_V8 if image.architecture.startswith("ARMv8") else 0
        self._capstone = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | v8)
        self._capstone.detail = True

    def at(self, address):
        if address not in self._known:
            self._known[address] = self._decode(address)
        return self._known[address]

    def _decode(self, address):
        code = self._image.code(address)
        if code is None or len(code) < 2:
            raise Undecodable("no code stands there")
        half = struct.unpack("<H", code[:2])[0]
        if half & 0xFF00 == 0xBF00 and half & 0xF:
            return _if_then(address, half)
        found = next(self._capstone.disasm(code, address, 1), None)
        if found is None:
            raise Undecodable(f"{code.hex()} is no instruction that is known here")
        return _simplify(found)


def _if_then(address, half):
    """IT: the operands are the conditions of the instructions that follow, one to four."""
    first, mask = half >> 4 & 0xF, half & 0xF
    instruction = Instruction()
    instruction.address, instruction.size, instruction.name = address, 2, "it"
    instruction.condition, instruction.sets_flags, instruction.writes_back = ALWAYS, False, False
    length = 4 - (mask & -mask).bit_length() + 1
    conditions = [first]
    for place in range(1, length):
        conditions.append(first & ~1 | mask >> 4 - place & 1)
    instruction.operands = conditions
    instruction.text = "it" + "".join("t" if c == first else "e" for c in conditions[1:])
    return instruction


def _simplify(found):
    instruction = Instruction()
    instruction.address, instruction.size = found.address, found.size
    instruction.name = found.insn_name()
    instruction.text = f"{found.mnemonic} {found.op_str}".strip()
    instruction.condition = found.cc - 1 if cs.ARM_CC_EQ <= found.cc < cs.ARM_CC_AL else ALWAYS
    instruction.sets_flags = bool(found.update_flags) or instruction.name in COMPARES
    instruction.writes_back = bool(found.writeback)
    instruction.operands = [_operand(operand) for operand in found.operands]
    return instruction


def _operand(operand):
    if operand.type == cs.ARM_OP_IMM:
        return operand.imm & WORD
    if operand.type == cs.ARM_OP_REG and operand.reg in REGISTERS:
        shift = None
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
