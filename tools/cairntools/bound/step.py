# SPDX-License-Identifier: MIT
"""What one instruction does to a state. Arithmetic that a compiler addresses, counts and compares with is
followed; of any other the result is unknown. An instruction that is in no table here is refused.
"""
from __future__ import annotations

from typing import Callable

from .decode import LR, PC, SP, WORD, Instruction, Operand, Register
from .image import Image
from .state import SIGN, Stack, State, Value

# Data processing whose result is not followed. All write core registers that they name, or none.
NOT_FOLLOWED = frozenset("""
    adc sbc rrx orn mul mla mls umull smull umlal smlal sdiv udiv rev rev16 revsh rbit sxth sxtb sbfx bfc bfi
    ssat usat smulbb smulbt smultb smultt smlabb smlabt smlatb smlatt smulwb smulwt smlawb smlawt smmul smmulr
    smmla smmlar smmls smmlsr smlad smladx smuad smuadx smusd smusdx smlald smlalbb smlalbt smlaltb smlaltt umaal
    pkhbt pkhtb uxtab uxtah sxtab sxtah uxtb16 sxtb16 qadd qsub uadd8 usub8 sel usad8 usada8 uqadd8 uqsub8 qadd16 qsub16
    sadd16 ssub16 uadd16 usub16 ldrex ldrexb ldrexh clrex""".split())
# Of these, how many of the first operands are results only.
RESULTS_ONLY = {"udiv": 1, "sdiv": 1, "mla": 1, "mls": 1, "umull": 2, "smull": 2, "rev": 1, "rbit": 1, "sxth": 1,
                "sxtb": 1, "sbfx": 1}
FLOATING = frozenset("""
    vldr vstr vldm vldmia vldmdb vstm vstmia vstmdb vpush vpop vmov vmrs vmsr vadd vsub vmul vdiv vsqrt vabs vneg vcmp
    vcmpe vcvt vcvtr vcvtb vcvtt vmla vmls vnmla vnmls vnmul vfma vfms vfnma vfnms vmaxnm vminnm""".split())
NOTHING = frozenset("nop sev yield dmb dsb isb pld hint csdb".split())
LOADS = {"ldr": 4, "ldrh": 2, "ldrb": 1, "ldrsh": 2, "ldrsb": 1, "ldrt": 4, "lda": 4, "ldah": 2, "ldab": 1}
STORES = {"str": 4, "strh": 2, "strb": 1, "strt": 4, "stl": 4, "stlh": 2, "stlb": 1}
MULTIPLE = {"push": ("store", "down"), "stmdb": ("store", "down"), "stm": ("store", "up"),
            "pop": ("load", "up"), "ldm": ("load", "up"), "ldmdb": ("load", "down")}
PRIMASK, BASEPRI, FAULTMASK = range(3)


class Refused(Exception):
    """A path that cannot be bounded: where, and why."""

    def __init__(self, address: int, reason: str) -> None:
        super().__init__(reason)
        self.address, self.reason = address, reason


def step(state: State, instruction: Instruction, image: Image) -> None:
    """Apply an instruction that does not jump."""
    name = instruction.name
    if name in EXACT:
        EXACT[name](state, instruction, image)
    elif name in LOADS:
        _load(state, instruction, image)
    elif name in STORES:
        _store(state, instruction)
    elif name in MULTIPLE:
        load_or_store_many(state, instruction, image)
    elif name in NOT_FOLLOWED or name in FLOATING:
        _forget(state, instruction)
    elif name not in NOTHING:
        raise Refused(instruction.address, f"an instruction that is not known here: {instruction.text}")


# ---- Registers -----------------------------------------------------------------------------------

def write(state: State, instruction: Instruction, number: int, value: Value) -> None:
    """A register gets a value. Raises Refused where the stack pointer is lost, or the program counter is written."""
    if number == SP:
        if not isinstance(value, Stack):
            raise Refused(instruction.address, "the stack pointer moves by an amount that is not known")
        state.move_stack(value.offset)
    elif number == PC:
        raise Refused(instruction.address, f"a jump that is not known here: {instruction.text}")
    else:
        state.registers[number] = value


def read(state: State, instruction: Instruction, operand: Operand) -> Value:
    """The value of an operand: a number, or a register, perhaps shifted."""
    if isinstance(operand, int):
        return operand
    if not isinstance(operand, Register):
        return state.unknown()
    value = state.unknown() if operand.number == PC else state.registers[operand.number]
    if operand.shift is None:
        return value
    kind, amount = operand.shift
    return _shifted(state, kind, value, amount)


def _shifted(state: State, kind: str | None, value: Value, amount: int | None) -> Value:
    """A value shifted by a number of bits that is known, or None."""
    low, high = state.range(value)
    if amount is None or isinstance(value, Stack):
        _taint(state, value)
        return state.unknown()
    if kind == "lsr":
        return state.unknown(low >> amount, high >> amount)
    if kind == "lsl" and high << amount <= WORD:
        return state.unknown(low << amount, high << amount)
    if kind == "asr" and high < SIGN:
        return state.unknown(low >> amount, high >> amount)
    if low == high and kind in ("lsl", "ror"):
        doubled = low << 32 | low if kind == "ror" else low << amount
        return doubled >> amount % 32 & WORD if kind == "ror" else doubled & WORD
    return state.unknown()


def _taint(state: State, *values: Value) -> None:
    """An address in the stack goes into arithmetic that is not followed: it may come out anywhere."""
    if any(isinstance(value, Stack) for value in values):
        state.escaped = True


def _forget(state: State, instruction: Instruction) -> None:
    """Each register that the instruction names may have any value now; so may the flags."""
    if instruction.name.startswith("vst"):
        _store_floats(state, instruction)
    used = instruction.registers(RESULTS_ONLY.get(instruction.name, 0))
    _taint(state, *(state.registers[n] for n in used if n not in (PC, SP)))
    for number in instruction.registers():
        if number == SP and instruction.name in ("vpush", "vpop"):
            continue
        if number == SP and not instruction.writes_back and instruction.memory() is not None:
            continue
        write(state, instruction, number, state.unknown())
    if instruction.name in ("vpush", "vpop"):
        _move_by_floats(state, instruction)
    state.flags = None


def _store_floats(state: State, instruction: Instruction) -> None:
    for number in instruction.registers():
        value = state.registers[number]
        if isinstance(value, Stack):
            state.forget_slots(value.offset)
    store_anywhere(state)


def _move_by_floats(state: State, instruction: Instruction) -> None:
    width = 8 if "d" in instruction.text.split("{", 1)[-1] else 4
    size = width * len(instruction.operands)
    offset = state.depth
    if instruction.name == "vpush":
        state.forget_slots(offset - size, size)
    state.move_stack(offset + (size if instruction.name == "vpop" else -size))


# ---- Arithmetic ----------------------------------------------------------------------------------

def _operands(state: State, instruction: Instruction) -> tuple[int, Value, Value]:
    """Destination, and the values of the two operands: `add r0, r1` is `add r0, r0, r1`."""
    operands = instruction.operands
    if len(operands) == 2:
        operands = [operands[0], operands[0], operands[1]]
    return instruction.register(0), read(state, instruction, operands[1]), read(state, instruction, operands[2])


def _flags_of_result(state: State, instruction: Instruction, result: Value) -> None:
    """N and Z belong to the result; C and V are not followed."""
    if instruction.sets_flags:
        state.flags = ("result", (result,))


def _sum(state: State, one: Value, other: Value) -> Value:
    if isinstance(other, Stack):
        one, other = other, one
    if isinstance(one, Stack):
        number = state.number(other) if not isinstance(other, Stack) else None
        if number is None:
            _taint(state, one)
            return state.unknown()
        return Stack(one.offset + (number - (WORD + 1) if number & SIGN else number))
    (low, high), (less, more) = state.range(one), state.range(other)
    if low == high and less == more:
        return low + less & WORD
    return state.unknown(low + less, high + more) if high + more <= WORD else state.unknown()


def _difference(state: State, one: Value, other: Value) -> Value:
    number = state.number(other)
    if isinstance(one, Stack) and number is not None:
        return _sum(state, one, -number & WORD)
    _taint(state, one, other)
    if isinstance(one, Stack) or isinstance(other, Stack):
        return state.unknown()
    (low, high), (less, more) = state.range(one), state.range(other)
    if low == high and less == more:
        return low - less & WORD
    return state.unknown(low - more, high - less) if low >= more else state.unknown()


def _add(state: State, instruction: Instruction, _: Image) -> None:
    number, one, other = _operands(state, instruction)
    result = _sum(state, one, other)
    write(state, instruction, number, result)
    _flags_of_result(state, instruction, result)


def _subtract(state: State, instruction: Instruction, _: Image) -> None:
    number, one, other = _operands(state, instruction)
    if instruction.name == "rsb":
        one, other = other, one
    write(state, instruction, number, _difference(state, one, other))
    if instruction.sets_flags:
        state.flags = ("compare", (one, other))


def _and(state: State, instruction: Instruction, _: Image) -> None:
    number, one, other = _operands(state, instruction)
    _taint(state, one, other)
    known, mask = state.number(one), state.number(other)
    result: Value
    if known is not None and mask is not None:
        result = known & mask
    else:
        result = state.unknown(0, min(state.range(one)[1], state.range(other)[1]))
    write(state, instruction, number, result)
    _flags_of_result(state, instruction, result)


def _logic(state: State, instruction: Instruction, _: Image) -> None:
    number, one, other = _operands(state, instruction)
    _taint(state, one, other)
    (low, high), (less, more) = state.range(one), state.range(other)
    result: Value
    if low == high and less == more:
        result = {"orr": low | less, "eor": low ^ less, "bic": low & ~less}[instruction.name]
    elif instruction.name == "bic":
        result = state.unknown(0, min(high, ~less & WORD) if less == more else high)
    else:
        bits = (1 << max(high, more).bit_length()) - 1
        result = state.unknown(max(low, less) if instruction.name == "orr" else 0, bits)
    write(state, instruction, number, result)
    _flags_of_result(state, instruction, result)


def _move(state: State, instruction: Instruction, _: Image) -> None:
    value = read(state, instruction, instruction.operands[1])
    write(state, instruction, instruction.register(0), value)
    _flags_of_result(state, instruction, value)


def _move_not(state: State, instruction: Instruction, _: Image) -> None:
    value = read(state, instruction, instruction.operands[1])
    _taint(state, value)
    low, high = state.range(value)
    result = state.unknown(~high & WORD, ~low & WORD)
    write(state, instruction, instruction.register(0), result)
    _flags_of_result(state, instruction, result)


def _move_top(state: State, instruction: Instruction, _: Image) -> None:
    number = instruction.register(0)
    low = state.number(state.registers[number])
    top = instruction.number(1) << 16
    write(state, instruction, number, top | low & 0xFFFF if low is not None else state.unknown(top, top | 0xFFFF))


def _shift(state: State, instruction: Instruction, _: Image) -> None:
    number, one, other = _operands(state, instruction)
    amount = state.number(other)
    result = _shifted(state, instruction.name, one, amount if amount is not None and amount < 32 else None)
    write(state, instruction, number, result)
    _flags_of_result(state, instruction, result)


def _extend(state: State, instruction: Instruction, _: Image) -> None:
    bits = {"uxth": 16, "uxtb": 8, "clz": 6}[instruction.name]
    value = read(state, instruction, instruction.operands[1])
    _taint(state, value)
    low, high = state.range(value)
    if instruction.name == "clz":
        result = state.unknown(32 - high.bit_length(), 32 - low.bit_length())
    else:
        result = value if high < 1 << bits else state.unknown(0, (1 << bits) - 1)
    write(state, instruction, instruction.register(0), result)


def _field(state: State, instruction: Instruction, _: Image) -> None:
    value = read(state, instruction, instruction.operands[1])
    _taint(state, value)
    first, width = instruction.number(2), instruction.number(3)
    known = state.number(value)
    mask = (1 << width) - 1
    result = known >> first & mask if known is not None else state.unknown(0, mask)
    write(state, instruction, instruction.register(0), result)


def _compare(state: State, instruction: Instruction, _: Image) -> None:
    one, other = (read(state, instruction, operand) for operand in instruction.operands[:2])
    if instruction.name == "cmp":
        state.flags = ("compare", (one, other))
    elif instruction.name == "tst" and one is other:
        state.flags = ("result", (one,))
    else:
        state.flags = None


def _address(state: State, instruction: Instruction, _: Image) -> None:
    value = (instruction.address + 4 & ~3) + instruction.number(1) & WORD
    write(state, instruction, instruction.register(0), value)


# ---- Memory --------------------------------------------------------------------------------------

def address_of(state: State, instruction: Instruction) -> tuple[Value, Value | None]:
    """The address that a load or store goes to, and the one that its base register is left with."""
    place, memory = instruction.memory(), instruction.access()
    if place is None or memory is None or memory.base is None:
        return state.unknown(), None
    base: Value = instruction.address + 4 & ~3 if memory.base == PC else state.registers[memory.base]
    if memory.index is not None:
        index = _shifted(state, "lsl", state.registers[memory.index], memory.scale)
        return _sum(state, base, index), None
    there = _sum(state, base, memory.offset & WORD)
    if not instruction.writes_back:
        return there, None
    after = instruction.operands[place + 1:]
    if after and isinstance(after[0], int):
        return base, _sum(state, base, after[0])
    return there, there


def _write_back(state: State, instruction: Instruction, base: Value | None) -> None:
    memory = instruction.access()
    if base is not None and memory is not None and memory.base is not None:
        write(state, instruction, memory.base, base)


def load_from(state: State, instruction: Instruction, image: Image, address: Value, size: int) -> Value:
    """The value at an address that an instruction loads from."""
    top = (1 << 8 * size) - 1
    if isinstance(address, Stack):
        return state.load_slot(address.offset) if size == 4 else state.unknown(0, top)
    number, memory = state.number(address), instruction.access()
    literal = memory is not None and memory.base == PC
    constant = image.constant(number, size, literal) if number is not None else None
    return constant if constant is not None else state.unknown(0, top)


def _load(state: State, instruction: Instruction, image: Image) -> None:
    name = instruction.name
    address, base = address_of(state, instruction)
    value = load_from(state, instruction, image, address, LOADS[name])
    if name in ("ldrsh", "ldrsb"):
        value = state.unknown()
    _write_back(state, instruction, base)
    write(state, instruction, instruction.register(0), value)


def load_jump(state: State, instruction: Instruction, image: Image) -> Value:
    """LDR into the program counter: what is loaded."""
    address, base = address_of(state, instruction)
    value = load_from(state, instruction, image, address, 4)
    _write_back(state, instruction, base)
    return value


def store_anywhere(state: State) -> None:
    """A store to an address that is not known. It does not meet the call's own stack, unless an address
    there was given away: memory that C gives no pointer to is not written through one. What a function saves of its
    caller is no object, and has no pointer."""
    if state.escaped:
        state.forget_objects()


def _store(state: State, instruction: Instruction) -> None:
    value = state.registers[instruction.register(0)]
    address, base = address_of(state, instruction)
    memory = instruction.access()
    if (isinstance(address, Stack) and base is not None and memory is not None and memory.base == SP and
            instruction.name == "str" and instruction.register(0) == LR):
        state.save_return(address.offset, value)
    else:
        store_to(state, address, STORES[instruction.name], value)
    _write_back(state, instruction, base)


def store_to(state: State, address: Value, size: int, value: Value) -> None:
    """`size` bytes at an address get a value."""
    if isinstance(address, Stack):
        if size == 4:
            state.store_slot(address.offset, value)
        else:
            state.forget_slots(address.offset, size)
        return
    _taint(state, value)
    store_anywhere(state)


def _double(state: State, instruction: Instruction, image: Image) -> None:
    """LDRD and STRD: two registers, two words."""
    numbers = instruction.register(0), instruction.register(1)
    address, base = address_of(state, instruction)
    places = address, _sum(state, address, 4)
    if instruction.name == "strd":
        for number, place in zip(numbers, places):
            store_to(state, place, 4, state.registers[number])
        _write_back(state, instruction, base)
        return
    values = [load_from(state, instruction, image, place, 4) for place in places]
    _write_back(state, instruction, base)
    for number, value in zip(numbers, values):
        write(state, instruction, number, value)


def load_or_store_many(state: State, instruction: Instruction, image: Image) -> Value | None:
    """PUSH, POP, LDM, STM. Returns what is loaded into the program counter, if anything is."""
    name = instruction.name
    way, direction = MULTIPLE[name]
    numbers = [instruction.register(place) for place in range(len(instruction.operands))]
    base = SP if name in ("push", "pop") else numbers.pop(0)
    writes_back = name in ("push", "pop") or instruction.writes_back
    start = state.registers[base]
    end = _sum(state, start, (4 * len(numbers) if direction == "up" else -4 * len(numbers)) & WORD)
    lowest = start if direction == "up" else end
    target = None
    if way == "store":
        values = [state.registers[number] for number in numbers]
        for n, (number, value) in enumerate(zip(numbers, values)):
            place = _sum(state, lowest, 4 * n)
            if number == LR and base == SP and isinstance(place, Stack):
                state.save_return(place.offset, value)
            else:
                store_to(state, place, 4, value)
    else:
        places = [_sum(state, lowest, 4 * n) for n in range(len(numbers))]
        loaded = [load_from(state, instruction, image, place, 4) for place in places]
        for number, value in zip(numbers, loaded):
            if number == PC:
                target = value
            else:
                write(state, instruction, number, value)
    if writes_back and not (way == "load" and base in numbers):
        write(state, instruction, base, end)
    return target


# ---- Masks ---------------------------------------------------------------------------------------

def _special(instruction: Instruction, place: int) -> str:
    return instruction.text.split(None, 1)[1].split(",")[place].strip()


def _read_special(state: State, instruction: Instruction, _: Image) -> None:
    name = _special(instruction, 1)
    masks = {"primask": PRIMASK, "basepri": BASEPRI, "basepri_max": BASEPRI, "faultmask": FAULTMASK}
    value: Value = state.masks[masks[name]] if name in masks else state.unknown()
    write(state, instruction, instruction.register(0), value)


def _write_special(state: State, instruction: Instruction, _: Image) -> None:
    name = _special(instruction, 0)
    if name not in ("primask", "basepri", "basepri_max", "faultmask"):
        raise Refused(instruction.address, f"a special register that is not known here: {instruction.text}")
    value = state.number(state.registers[instruction.register(1)])
    if value is None:
        raise Refused(instruction.address, "cannot tell whether interrupts are on after it: "
                      f"the value that {name} is given is not known")
    primask, basepri, faultmask = state.masks
    if name == "primask":
        primask = value & 1
    elif name == "faultmask":
        faultmask = value & 1
    elif name == "basepri" or value != 0 and (basepri == 0 or value < basepri):
        basepri = value & 0xFF
    state.masks = primask, basepri, faultmask


def _change_state(state: State, instruction: Instruction, _: Image) -> None:
    on = 1 if instruction.text.startswith("cpsid") else 0
    flags = instruction.text.split(None, 1)[1]
    primask, basepri, faultmask = state.masks
    state.masks = on if "i" in flags else primask, basepri, on if "f" in flags else faultmask


EXACT: dict[str, Callable[[State, Instruction, Image], None]] = {
    "add": _add, "addw": _add, "sub": _subtract, "subw": _subtract, "rsb": _subtract, "and": _and, "orr": _logic,
    "eor": _logic, "bic": _logic, "mov": _move, "movw": _move, "mvn": _move_not, "movt": _move_top, "lsl": _shift,
    "lsr": _shift, "asr": _shift, "ror": _shift, "uxth": _extend, "uxtb": _extend, "clz": _extend, "ubfx": _field,
    "cmp": _compare, "cmn": _compare, "tst": _compare, "teq": _compare, "adr": _address, "ldrd": _double,
    "strd": _double, "mrs": _read_special, "msr": _write_special, "cps": _change_state,
}
LOCKING = frozenset(("msr", "cps"))
