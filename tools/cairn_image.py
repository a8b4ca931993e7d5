"""cairn image: looks into the heaps in an image of RAM: no target, no debugger

    tools/cairn image FIRMWARE.elf IMAGE... [COMMAND [HEAP]]

An IMAGE is a file of bytes with the address of the first one, RAM.bin@0x20000000, or a core (an ELF file).
COMMAND is map, blocks, bins, stats, sites, check or find ADDRESS; without one: stats, map and check. HEAP is
the handle of a private heap, or the name of a pointer variable that holds it; without it: the system heap,
its regions, and with CAIRN_CHECK=2 the private heap that was last used.

Ends with status 0; 1 if a heap is damaged; 2 if it could not be found out. Only check looks at canaries and
fill.

SPDX-License-Identifier: MIT
"""
import sys

from cairn_elf import Elf, Problem
from cairn_firmware import Firmware
from cairn_heap import Unreadable
from cairn_lines import lines_of
from cairn_show import COMMANDS, Show

WORDS = (*COMMANDS, "find")


def parts_of(word):
    """The addresses and bytes of an image."""
    path, at, address = word.rpartition("@")
    if not at:
        core = Elf(word)
        return [(start, core.bytes[offset:offset + size]) for start, offset, size in core.segments]
    try:
        with open(path, "rb") as file:
            return [(int(address, 0), file.read())]
    except ValueError:
        raise Problem(f"{word}: {address} is not an address") from None
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from None


class Image:
    """Memory from files; of two that hold an address, the first is read."""

    def __init__(self, words):
        self.parts = [part for word in words for part in parts_of(word)]

    def read(self, address, size):
        for start, data in self.parts:
            if start <= address and address + size <= start + len(data):
                return data[address - start:address - start + size]
        raise Unreadable(address)


def look(words):
    if len(words) < 2 or words[1] in WORDS:
        raise Problem("cairn image FIRMWARE.elf RAM.bin@ADDRESS... [" + "|".join(WORDS) + "] [HEAP]")
    end = next((n for n, word in enumerate(words) if word in WORDS and n > 1), len(words))
    elf, image = Elf(words[0]), Image(words[1:end])
    firmware = Firmware(elf, image.read, lines_of(elf.path))
    rest = words[end:]
    commands = [(rest[0], rest[1:])] if rest else [("stats", []), ("map", []), ("check", [])]
    show = Show(firmware)
    for n, (command, more) in enumerate(commands):
        if n:
            print()
        for line in show.run(command, more, firmware.resolve):
            print(line)
    return 1 if show.damaged else 0


def main(words):
    try:
        return look(words)
    except Problem as problem:
        print(f"cairn image: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
