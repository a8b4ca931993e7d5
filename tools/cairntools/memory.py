# SPDX-License-Identifier: MIT
"""A target's memory: read through a function, or from files of bytes and cores."""
from __future__ import annotations

from typing import Callable, Sequence

from .elf import Elf
from .text import Problem

PAGE = 1024  # bytes read at once

# Gives the bytes of an address and a size, or raises Unreadable.
Read = Callable[[int, int], bytes]


class Unreadable(Problem):
    """Memory at `address` cannot be read."""

    def __init__(self, address: int) -> None:
        super().__init__(f"memory at {address:#x} cannot be read")
        self.address = address


class Memory:
    """Bytes of the target, read by pages, each once."""

    def __init__(self, read: Read, order: str = "<") -> None:
        self._read = read
        self._pages: dict[int, bytes | None] = {}
        self._big = order != "<"

    def _page(self, number: int) -> bytes | None:
        if number not in self._pages:
            try:
                self._pages[number] = self._read(number * PAGE, PAGE)
            except Unreadable:
                self._pages[number] = None  # in part, perhaps
        return self._pages[number]

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on. Raises Unreadable."""
        if size <= 0:
            return b""
        first, last = address // PAGE, (address + size - 1) // PAGE
        if last - first > 8:  # in one go
            return self._read(address, size)
        pages = [page for page in map(self._page, range(first, last + 1)) if page is not None]
        if len(pages) <= last - first:
            return self._read(address, size)
        return b"".join(pages)[address - first * PAGE:][:size]

    def direct(self, address: int, size: int) -> bytes:
        """The same without the pages around it: for a few bytes of memory that is not looked at again."""
        return self._read(address, size)

    def number(self, address: int, size: int) -> int:
        """The unsigned number of `size` bytes at `address`. Raises Unreadable."""
        return self.value(self.read(address, size))

    def value(self, data: bytes | memoryview) -> int:
        """Bytes in the target's order as an unsigned number."""
        return int.from_bytes(data, "big" if self._big else "little")


class Files:
    """Memory from files; of two that hold an address, the first is read. A word names bytes and the address of the
    first one, RAM.bin@0x20000000; or a core, which is an ELF file."""

    def __init__(self, words: Sequence[str]) -> None:
        self._parts = [part for word in words for part in _parts(word)]

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on. Raises Unreadable unless one file holds them all."""
        for start, data in self._parts:
            if start <= address and address + size <= start + len(data):
                return data[address - start:address - start + size]
        raise Unreadable(address)


def read_file(path: str) -> bytes:
    """The bytes of a file. Raises Problem."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from None


def is_elf(path: str) -> bool:
    """Does the file begin as an ELF file does? False also if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def _parts(word: str) -> list[tuple[int, bytes]]:
    """Addresses and bytes of one word of Files."""
    path, at, address = word.rpartition("@")
    if not at:
        if read_file(word)[:4] != b"\x7fELF":
            raise Problem(f"{word} is no core: name the address of its first byte, {word}@0x20000000, if it is an "
                          "image of RAM")
        core = Elf(word)
        return [(start, core.bytes[offset:offset + size]) for start, offset, size in core.segments]
    try:
        start = int(address, 0)
    except ValueError:
        raise Problem(f"{word}: {address} is not an address") from None
    return [(start, read_file(path))]
