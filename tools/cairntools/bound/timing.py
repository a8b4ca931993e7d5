# SPDX-License-Identifier: MIT
"""Cycles of one instruction, by the tables that Arm publishes, at zero wait states. Where a table gives a
range, its end.

    cortex-m0       ARM DDI 0432C, table 3-1
    cortex-m0plus   ARM DDI 0484C, table 3-1; loads and stores as over the AHB, not single-cycle I/O
    cortex-m3       ARM DDI 0337I, table 3-1 and 3.3.2 (load/store timings)
    cortex-m4       ARM DDI 0439D, table 3-1 and 3.3.2; table 7-1 for the floating-point unit
"""
from __future__ import annotations

from typing import Callable, Optional

from .decode import COMPARES, PC, SP, Instruction, Register
from .graph import loads_pc
from .step import FLOATING, LOADS, MULTIPLE, NOT_FOLLOWED, STORES

LOAD_STORE = frozenset(LOADS) | frozenset(STORES)
NO_RESULT = frozenset(COMPARES) | {"it", "msr"}


# A rule: cycles of an instruction, by whether it jumps, and by the instruction before it, or None.
Cycles = Callable[[Instruction, bool, Optional[Instruction]], int]


def _is_multiple(instruction: Instruction) -> bool:
    return instruction.name in MULTIPLE


def _count(instruction: Instruction) -> int:
    """Registers in the list of a PUSH, POP, LDM, STM."""
    return len(instruction.operands) - (instruction.name not in ("push", "pop"))


# ---- ARMv6-M -------------------------------------------------------------------------------------

def _armv6m(branch: int, call: int, special: int, barrier: int) -> Cycles:
    """`branch`: one that is taken, of any kind but BL. MULS: the small multiplier, 32."""
    def cycles(instruction: Instruction, taken: bool, _: Instruction | None) -> int:
        name = instruction.name
        if name == "bl":
            return call
        if name in ("b", "bx", "blx"):
            return branch if taken else 1
        if _is_multiple(instruction):
            return 1 + _count(instruction) + (branch if loads_pc(instruction) else 0)
        if name in ("mov", "add") and taken:
            return branch
        if name in LOAD_STORE:
            return 2
        if name in ("mrs", "msr"):
            return special
        if name in ("isb", "dsb", "dmb"):
            return barrier
        return 32 if name == "mul" else 1
    return cycles


# ---- ARMv7-M -------------------------------------------------------------------------------------

REFILL = 3  # P: 1 to 3
LONG = {"umull": 5, "smull": 5, "umlal": 7, "smlal": 7}


def _armv7m(multiplies: dict[str, int]) -> Cycles:
    """`multiplies`: cycles of those that take more than one."""
    def cycles(instruction: Instruction, taken: bool, before: Instruction | None) -> int:
        name = instruction.name
        if name in ("b", "bl", "bx", "blx", "cbz", "cbnz"):
            return 1 + REFILL if taken else 1
        if name in ("tbb", "tbh"):
            return 3 + REFILL  # the table says 2 + P, 3.3.2 "at least six"
        refill = REFILL if taken or loads_pc(instruction) else 0
        if _is_multiple(instruction):
            return 1 + _count(instruction) + refill + _stall(instruction, before)
        if name in ("ldrd", "strd"):
            return 3 + _stall(instruction, before)
        if name in LOAD_STORE or name.startswith("ldrex"):
            return 2 + refill + _stall(instruction, before)
        if name in ("mrs", "msr", "cps"):
            return 2
        if name in ("isb", "dsb", "dmb"):
            return 1 + REFILL  # 1 + B, of which only the least is published
        if name in ("sdiv", "udiv"):
            return 12
        if name in FLOATING:
            return _floating(instruction)
        return multiplies.get(name, 1) + refill
    return cycles


def _stall(instruction: Instruction, before: Instruction | None) -> int:
    """3.3.2: a cycle more where the address comes from a data-processing instruction just before, and
    perhaps one where a literal is fetched."""
    memory = instruction.access()
    bases: tuple[int | None, ...]
    if instruction.name in ("push", "pop"):
        bases = (SP,)
    elif memory is None:
        bases = (instruction.register(0),)
    else:
        bases = memory.base, memory.index
    if PC in bases:
        return 1
    if before is None or before.name in NO_RESULT or before.memory() is not None or before.name in MULTIPLE:
        return 0
    return int(any(isinstance(operand, Register) and operand.number in bases for operand in before.operands[:2]))


def _floating(instruction: Instruction) -> int:
    """Table 7-1 of DDI 0439D. Arithmetic as the longest there, VDIV and VSQRT."""
    name = instruction.name
    registers = instruction.text.split("{", 1)[-1]
    if name in ("vpush", "vpop", "vldm", "vldmia", "vldmdb", "vstm", "vstmia", "vstmdb"):
        return 1 + len(instruction.operands) * (2 if "d" in registers else 1)
    if name in ("vldr", "vstr"):
        return 3 + 1
    return 14


CORES: dict[str, Cycles] = {
    "cortex-m0": _armv6m(branch=3, call=4, special=4, barrier=4),
    "cortex-m0plus": _armv6m(branch=2, call=3, special=3, barrier=3),
    "cortex-m3": _armv7m({"mla": 2, "mls": 2, **LONG}),
    "cortex-m4": _armv7m({}),
}
SOURCES = {
    "cortex-m0": "ARM DDI 0432C",
    "cortex-m0plus": "ARM DDI 0484C",
    "cortex-m3": "ARM DDI 0337I",
    "cortex-m4": "ARM DDI 0439D",
}
# Arm publishes no cycles for these: they may issue two instructions at once, or say nothing of it.
KNOWN = (*CORES, "cortex-m7", "cortex-m23", "cortex-m33")
assert not LONG.keys() - NOT_FOLLOWED
