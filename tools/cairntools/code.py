# SPDX-License-Identifier: MIT
"""What an ELF file says of its code: its build id, its bytes, and where calls return to."""
from __future__ import annotations

import functools
from typing import Sequence

from .elf import EM_ARM, EM_RISCV, EXECUTABLE, Elf

SPECIAL = 0xfffffe00  # from here on: what an exception handler returns by, not an address
NOTE = ".note.gnu.build-id"
JUMPS = 3  # from function to function, that are followed


def build_id(elf: Elf) -> bytes:
    """The build id that the linker wrote; empty without."""
    note = elf.section(NOTE)
    return described(note, elf) if note is not None else b""


def number(elf: Elf, data: bytes | None) -> int:
    """Bytes in the file's order as a number; 0 without bytes."""
    return int.from_bytes(data or b"", "little") if elf.order == "<" else int.from_bytes(data or b"", "big")


def described(note: bytes, elf: Elf) -> bytes:
    """The content of a note: lengths of its name and of its content, its kind, the name, the content."""
    if len(note) < 16:
        return b""
    name, size = number(elf, note[:4]), number(elf, note[4:8])
    start = 12 + (name + 3) // 4 * 4
    return note[start:start + size]


def loaded(elf: Elf, address: int, size: int) -> bytes | None:
    """Bytes of what is loaded at the address, as the file has them; None if it has not all of them."""
    for start, offset, length in elf.segments:
        if start <= address and address + size <= start + length:
            return elf.bytes[offset + address - start:offset + address - start + size]
    return None


def is_code(elf: Elf, address: int) -> bool:
    """Does the address lie in a section of code?"""
    return any(section.flags & EXECUTABLE and section.address <= address < section.address + section.size
               for section in elf.sections)


def follows_call(elf: Elf, address: int) -> bool:
    """Can a call return to this address? Of machines other than Arm and RISC-V that is not known: then it can."""
    if elf.machine == EM_RISCV and address != 0:
        return not address & 1 and is_code(elf, address - 2) and _follows_call_riscv(elf, address)
    if elf.machine != EM_ARM or address == 0 or address >= SPECIAL:
        return True
    place = address - (address & 1)
    if not is_code(elf, place - 2):
        return False
    low, high = number(elf, loaded(elf, place - 2, 2)), number(elf, loaded(elf, place - 4, 2))
    return low & 0xff87 == 0x4780 or high & 0xf800 == 0xf000 and low & 0xc000 == 0xc000  # BLX register; BL, BLX


def _follows_call_riscv(elf: Elf, address: int) -> bool:
    """JAL or JALR that writes ra or t0, C.JALR, or C.JAL, which RV32 alone has. The RISC-V Instruction Set Manual,
    volume I, 2.5 and 16.4."""
    short, long = (number(elf, loaded(elf, address - size, size)) for size in (2, 4))
    if short & 0xf07f == 0x9002 and short & 0xf80 or short & 0xe003 == 0x2001 and not elf.wide:
        return True
    return long & 0x7f in (0x6f, 0x67) and long >> 7 & 31 in (1, 5)


def called_before(elf: Elf, address: int) -> int | None:
    """The address that the BL which returns to this one calls; None if there is none, or it calls through a register.
    ARM DDI 0403E.e, A7.7.18."""
    place = address - (address & 1)
    high, low = (number(elf, loaded(elf, place - back, 2)) for back in (4, 2))
    if elf.machine != EM_ARM or high & 0xf800 != 0xf000 or low & 0xd000 != 0xd000:
        return None
    return place + _distance(high, low)


def _distance(high: int, low: int) -> int:
    """What a BL or a B of 32 bits adds to the address behind it."""
    sign = high >> 10 & 1
    bits = [(low >> n & 1) ^ sign ^ 1 for n in (13, 11)]
    return -sign << 24 | bits[0] << 23 | bits[1] << 22 | (high & 0x3ff) << 12 | (low & 0x7ff) << 1


@functools.lru_cache(maxsize=None)
def jumps_of(elf: Elf, start: int) -> frozenset[int]:
    """Where the function at the address jumps to outside of itself, as at its end for a call: by a B of 16 or 32
    bits (A7.7.12, T2 and T4). It takes data in the code for jumps, too."""
    function = elf.function(start)
    code = loaded(elf, start, function.size) if function is not None else None
    words = [number(elf, (code or b"")[n:n + 2]) for n in range(0, len(code or b"") - 1, 2)]
    found = {start + 2 * n + 4 + _distance(high, low) for n, (high, low) in enumerate(zip(words, words[1:]))
             if high & 0xf800 == 0xf000 and low & 0xd000 == 0x9000}
    found |= {start + 2 * n + 4 + 2 * ((word & 0x7ff) - (word & 0x400) * 2) for n, word in enumerate(words)
              if word & 0xf800 == 0xe000}
    return frozenset(place for place in found if not start <= place < start + len(code or b""))


def leads_to(elf: Elf, called: int | None, inner: int) -> bool:
    """Can a call of the function `called` lead to a frame of the function `inner`: is it the same, or does it jump
    there, at most by way of two others? None: called through a register, which can be any."""
    reached = {inner if called is None else called}
    for _ in range(JUMPS):
        if inner in reached:
            return True
        reached = {place for start in reached for place in jumps_of(elf, start)}
    return inner in reached


def plausible_calls(elf: Elf, calls: Sequence[int]) -> list[int]:
    """Of words on a stack that follow calls, those that can have led to the first one. A word is left over from a call
    that has returned if that was one of another function than the next nearer word is in, and a later word is that of a
    call which fits. If none fits, all stay: a veneer may be between."""
    kept = list(calls[:1])
    for n, call in enumerate(calls[1:], 1):
        inner = elf.function(elf.call_before(kept[-1]))
        fits = [inner is None or leads_to(elf, called_before(elf, later), inner.value) for later in calls[n:]]
        if fits[0] or not any(fits):
            kept.append(call)
    return kept
