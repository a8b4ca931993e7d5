"""Records as allocator/trace.c makes them, written by hand.

SPDX-License-Identifier: MIT
"""
import os
import struct

from tap import cairn

MALLOC, CALLOC, ALIGNED, REALLOC, FREE = range(5)
ELF = "build/mps2-an385/recorded/ring.elf"
CALLER = 1  # an address without a line


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
