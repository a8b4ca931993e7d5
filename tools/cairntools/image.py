# SPDX-License-Identifier: MIT
"""Looks into the heaps in an image of RAM: no target, no debugger.

    tools/cairn image FIRMWARE.elf IMAGE... [COMMAND [HEAP]]

An IMAGE is a file of bytes with the address of the first one, RAM.bin@0x20000000, or a core (an ELF file).
COMMAND is map, blocks, bins, stats, sites, check or find ADDRESS; without one: stats, map and check. HEAP is
the handle of a private heap, or the name of a pointer variable that holds it; without it: the system heap,
its regions, and with CAIRN_CHECK=2 the private heap that was last used.

Ends with status 0; 1 if a heap is damaged; 2 if it could not be found out: as where the image ends in the heap.
Only check looks at canaries and fill.
"""
from __future__ import annotations

import os
import sys
from typing import Sequence

from .callers import Callers
from .cli import add_skip, callers_of, parser_of
from .elf import Elf
from .firmware import Firmware
from .identity import UNKNOWN
from .lines import lines_of
from .memory import Files
from .show import COMMANDS, Show

WORDS = (*COMMANDS, "find")


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("image", __doc__)
    parser.usage = "cairn image FIRMWARE.elf IMAGE... [COMMAND [HEAP]]"
    parser.add_argument("firmware", metavar="FIRMWARE.elf", help="the firmware that runs in that RAM")
    parser.add_argument("words", nargs="+", metavar="IMAGE", help="RAM.bin@ADDRESS or a core; then COMMAND and HEAP")
    add_skip(parser)
    args = parser.parse_args(words)
    end = next((n for n, word in enumerate(args.words) if word in WORDS), len(args.words))
    for word in args.words[:end]:
        if "@" not in word and not os.path.exists(word):
            parser.error(f"{word} is no command ({', '.join(WORDS)}) and no image of RAM")
    if end == 0:
        parser.error("there is no image of RAM: RAM.bin@ADDRESS, or a core")
    return look(args.firmware, args.words[:end], args.words[end:], callers_of(args.firmware, args))


def look(path: str, images: Sequence[str], words: Sequence[str], callers: Callers) -> int:
    """Print what a command says of the images; or, without a command, three of them. Returns the exit status."""
    firmware = Firmware(Elf(path), Files(images).read, lines_of(path), callers)
    commands = [words] if words else [["stats"], ["map"], ["check"]]
    show = Show(firmware)
    for n, (command, *more) in enumerate(commands):
        if n:
            print()
        for line in show.run(command, more, firmware.resolve):
            print(line)
    if not show.verdict.proof and not show.verdict.doubt:
        print(f"cairn image: note: {UNKNOWN.format(path)}", file=sys.stderr)
    return 1 if show.damaged else 2 if show.incomplete else 0
