"""Records as allocator/watch/trace.c makes them, written by hand.

SPDX-License-Identifier: MIT
"""
import os
import struct
import sys

from tap import cairn

sys.path.insert(0, "tools")
from cairntools.elf import Elf  # noqa: E402
from cairntools.code import follows_call  # noqa: E402

MALLOC, CALLOC, ALIGNED, REALLOC, FREE = range(5)
ELF = "build/mps2-an385/recorded/ring.elf"


def caller():
    """An address that a call in the firmware returns to."""
    elf = Elf(ELF)
    return next(place + 1 for place in range(elf.value("main"), elf.value("main") + 400, 2)
                if follows_call(elf, place + 1))


CALLER = caller()


def words(number, kind, pointer, size=0, moved=0, power=0, caller=CALLER):
    """The words of a record."""
    first = kind | power << 3 | (number & 0xffffff) << 8
    return [first, caller, pointer] + ([size] if kind != FREE else []) + ([moved] if kind == REALLOC else [])


def write_records(path, records, cut=0):
    """A file of the records, without its last bytes."""
    data = b"".join(struct.pack(f"<{len(r)}I", *r) for r in records)
    with open(path, "wb") as file:
        file.write(data[:len(data) - cut])
    return path


def converted(folder, records, *more, good=True, cut=0):
    """The operations of these records, and what was said of them."""
    path = write_records(os.path.join(folder, "hand.bin"), records, cut)
    out, said = cairn("trace", path, "--elf", ELF, *more, good=good)
    return [line for line in out.splitlines() if line[0] != "#"], said
