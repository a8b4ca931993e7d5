# SPDX-License-Identifier: MIT
"""gdb commands that look into Cairn's heaps: `source tools/cairn-gdb.py`, then `help cairn`.

They read memory and nothing else: no function of the target is called. With a live target, with a core,
or, after `cairn image RAM.bin@0x20000000`, with an image of RAM and the ELF file alone.
"""
from __future__ import annotations

import os
import sys
from typing import Iterator

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cairntools.callers import Callers  # noqa: E402
from cairntools.elf import Elf  # noqa: E402
from cairntools.firmware import Firmware  # noqa: E402
from cairntools.lines import Line, lines_of  # noqa: E402
from cairntools.memory import Files, Unreadable  # noqa: E402
from cairntools.show import COMMANDS, Show  # noqa: E402
from cairntools.text import Problem  # noqa: E402

_image: Files | None = None                   # memory from files, in place of the target's
_elves: dict[str, tuple[int, Elf, Line, Callers]] = {}  # files that were read, by path, with their times
_skip: list[str] = []                         # wrappers of malloc() that say nothing
_wrappers = True                              # and those that are called like one


def elf_of(path: str) -> Elf:
    """The ELF file, read again if it has changed."""
    time = os.stat(path).st_mtime_ns
    if path not in _elves or _elves[path][0] != time:
        _elves[path] = time, Elf(path), lines_of(path), Callers(path)
    return _elves[path][1]


def find_elf() -> Elf:
    """The firmware's ELF file: the first one loaded that describes a heap."""
    paths = [gdb.current_progspace().filename] + [objfile.filename for objfile in gdb.objfiles()]
    paths = [path for path in dict.fromkeys(paths) if path and os.path.exists(path)]
    if not paths:
        raise Problem("no ELF file is loaded: file FIRMWARE.elf")
    for path in paths:
        if elf_of(path).has_layout():
            break
    else:
        path = paths[0]  # which says what is missing
    return elf_of(path)


def read_target(address: int, size: int) -> bytes:
    """Memory of the target. Raises Unreadable."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        raise Unreadable(address) from None


def line_by_gdb(address: int) -> str | None:
    """The line of an address, as gdb knows it."""
    place = gdb.find_pc_line(address)
    return f"{os.path.basename(place.symtab.filename)}:{place.line}" if place.symtab and place.line else None


def line_of(elf: Elf) -> Line:
    """Where code begins at address 0, gdb finds functions there that the linker has dropped: the lines are read
    without gdb, if that can be."""
    if all(address for address, _, _ in elf.segments):
        return line_by_gdb
    by_file = _elves[elf.path][2]
    return lambda address: by_file(address) or line_by_gdb(address)


def address_of(firmware: Firmware, text: str) -> int:
    """An address from an expression of the target's language. Where that cannot be, as without debug information
    or over an image, from a number or a name."""
    try:
        if _image is not None:
            return firmware.resolve(text)
    except Problem:
        pass
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            value = value.address  # *handle
        return int(value.cast(gdb.lookup_type("unsigned long")))
    except gdb.MemoryError:
        raise Problem(f"{text} cannot be read") from None
    except gdb.error as error:
        try:
            return firmware.resolve(text)
        except Problem:
            raise Problem(str(error)) from None


# Functions that change a heap: these, and those that begin so.
INSIDE = {"malloc", "free", "calloc", "realloc", "memalign", "sbrk"}
INSIDE_PARTS = tuple("cairn_" + part for part in (
    "heap_", "plain_", "guard_", "account_", "region_", "system_", "malloc", "free", "calloc", "realloc", "aligned",
    "memalign"))


def stopped_inside(firmware: Firmware) -> str | None:
    """The heap's function in which the program is stopped; None if it is in none, or the heap has stopped it."""
    if _image is not None or firmware.fatal() is not None or not gdb.selected_inferior().pid:
        return None
    frame = gdb.newest_frame()
    for _ in range(12):
        if frame is None:
            return None
        function = firmware.elf.function(frame.pc())
        if function and (function.name in INSIDE or function.name.startswith(INSIDE_PARTS)):
            return function.name
        frame = frame.older()
    return None


def split(argument: str) -> list[str]:
    """Expressions, separated by commas outside parentheses."""
    words, depth = [""], 0
    for sign in argument:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            words.append("")
        else:
            words[-1] += sign
    return [word.strip() for word in words if word.strip()]


def lines(command: str, argument: str) -> Iterator[str]:
    """What a command prints. Raises Problem."""
    elf = find_elf()
    callers = _elves[elf.path][3]
    callers.skip, callers.wrappers = _skip, _wrappers
    firmware = Firmware(elf, _image.read if _image else read_target, line_of(elf), callers)
    words = split(argument)
    if _image is None and not gdb.selected_inferior().pid:
        raise Problem("there is no memory to read: connect to a target, load a core (core-file FILE), or name an image "
                      "of RAM (cairn image RAM.bin@ADDRESS)")
    show = Show(firmware)
    yield from show.run(command, words, lambda text: address_of(firmware, text))
    inside = stopped_inside(firmware) if show.damaged else None
    if inside:
        yield f"The program is stopped inside the heap, in {inside}(): what is half done looks like damage."


class Command(gdb.Command):
    """One of the commands of show.py."""

    def __init__(self, name: str, arguments: str, text: str | None) -> None:
        self.__doc__ = f"cairn {name} {arguments}: {text}.\n\nHEAP is an expression: the handle of a private heap. " \
                       "Without it: the system heap, its\nregions, and with CAIRN_CHECK=2 the private heap last used."
        self.name = name
        super().__init__("cairn " + name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument: str, _: bool) -> None:
        """Called by gdb."""
        try:
            for line in lines(self.name, argument):
                gdb.write(line + "\n")
        except Problem as problem:
            raise gdb.GdbError(f"cairn {self.name}: {problem}") from None


class ImageCommand(gdb.Command):
    """cairn image FILE@ADDRESS...: read memory from files from now on, not from the target.

A FILE is bytes of RAM, the first of them at ADDRESS; or, without @ADDRESS, a core.
`cairn image off` goes back to the target."""

    def __init__(self) -> None:
        super().__init__("cairn image", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument: str, _: bool) -> None:
        """Called by gdb."""
        global _image
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("cairn image FILE@ADDRESS..., or cairn image off")
        try:
            _image = None if words == ["off"] else Files(words)
        except Problem as problem:
            raise gdb.GdbError(f"cairn image: {problem}") from None


class SkipCommand(gdb.Command):
    """cairn skip NAME...: pass over these wrappers of malloc() where they were inlined, as over malloc, operator new
and names that end so. `cairn skip` alone: over the latter only. `cairn skip -`: over none."""

    def __init__(self) -> None:
        super().__init__("cairn skip", gdb.COMMAND_DATA, gdb.COMPLETE_SYMBOL)

    def invoke(self, argument: str, _: bool) -> None:
        """Called by gdb."""
        global _skip, _wrappers
        words = gdb.string_to_argv(argument)
        _wrappers = words != ["-"]
        _skip = words if _wrappers else []


class Prefix(gdb.Command):
    """Look into Cairn's heaps."""

    def __init__(self) -> None:
        super().__init__("cairn", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


Prefix()
ImageCommand()
SkipCommand()
for _name, _show in COMMANDS.items():
    Command(_name, "[HEAP]", _show.__doc__)
Command("find", "ADDRESS [, HEAP]", Show.find.__doc__)
