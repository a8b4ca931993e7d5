# SPDX-License-Identifier: MIT
"""Live bytes by call stack, for programs that draw flame graphs.

    tools/cairn flame TRACE [--at MOMENT] [-o FILE] [--format folded|speedscope]
    tools/cairn flame FIRMWARE.elf IMAGE... [-o FILE] [--format folded|speedscope]

MOMENT is a number of operations, peak (the most bytes live, without --at) or end. An IMAGE is as for `cairn image`;
its blocks must keep their owners (CAIRN_CHECK=2 or CAIRN_SITES).

folded      a line for each stack, its root first, and its bytes: flamegraph.pl, inferno, speedscope read it
speedscope  JSON for speedscope, with files and lines apart

The bytes are those that were asked for. If the trace names tasks, they are the roots.
"""
from __future__ import annotations

import json
import os
import sys
from typing import Any, Iterable, Sequence

from .cli import add_skip, callers_of, parser_of
from .elf import Elf
from .firmware import Firmware
from .host import Trace
from .identity import UNKNOWN, doubt_of, identified_heaps, judge_first
from .lines import lines_of
from .memory import Files, is_elf
from .stacks import Live, Stack, Stacks, live_at, live_in, moment_of
from .text import Problem, counted, group
from .trace import output

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def sums(live: Iterable[Live]) -> dict[Stack, int]:
    """Bytes of each stack that has some, in the order of their names from the root on."""
    found: dict[Stack, int] = {}
    for block in live:
        found[block.stack] = found.get(block.stack, 0) + block.size
    return {stack: size for stack, size in sorted(found.items(), key=lambda pair: pair[0][::-1]) if size}


def folded(found: dict[Stack, int]) -> str:
    """Lines "root;caller;owner bytes"."""
    lines = (";".join(" ".join(filter(None, frame)).replace(";", ":") for frame in stack[::-1]) + f" {size}\n"
             for stack, size in found.items())
    return "".join(lines)


def speedscope(found: dict[Stack, int], name: str) -> str:
    """A file in the format of speedscope: one profile, a sample for each stack, its weight the bytes."""
    numbers: dict[tuple[str, str], int] = {}
    samples = [[numbers.setdefault(frame, len(numbers)) for frame in stack[::-1]] for stack in found]
    profile = {"type": "sampled", "name": name, "unit": "bytes", "startValue": 0, "endValue": sum(found.values()),
               "samples": samples, "weights": list(found.values())}
    file = {"$schema": SCHEMA, "shared": {"frames": [_frame(*frame) for frame in numbers]}, "profiles": [profile],
            "name": name, "activeProfileIndex": 0, "exporter": "cairn flame"}
    return json.dumps(file, separators=(",", ":")) + "\n"


def _frame(function: str, place: str) -> dict[str, Any]:
    path, _, line = place.rpartition(":")
    return {"name": function, "file": path, "line": int(line)} if path and line.isdecimal() else {"name": function}


def warn(text: str) -> None:
    """Say something beside the result."""
    print(f"cairn flame: {text}", file=sys.stderr)


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("flame", __doc__)
    parser.add_argument("file", help="a trace; or the ELF file of the firmware in the images")
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="RAM.bin@ADDRESS or a core")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--at", metavar="MOMENT", help="of a trace: a number of operations, peak or end (peak)")
    when.add_argument("--peak", dest="at", action="store_const", const="peak", help="the same as --at peak")
    parser.add_argument("--format", choices=("folded", "speedscope"), default="folded", help="(folded)")
    parser.add_argument("-o", "--output", metavar="FILE", help="(standard output)")
    add_skip(parser)
    args = parser.parse_args(words)
    if args.images and args.at:
        parser.error("--at is for traces: an image is one moment")
    if not args.images and is_elf(args.file):
        parser.error(f"{args.file} is an ELF file: name an image of its RAM, too, or a core")
    if args.images:
        name = ", ".join(os.path.basename(word) for word in args.images)
        firmware = Firmware(Elf(args.file), Files(args.images).read, lines_of(args.file), callers_of(args.file, args))
        blocks = of_image(firmware)
    else:
        trace = Trace(args.file)
        at = moment_of(trace, args.at or "peak")
        name = f"{trace.name} after {group(at)} of {group(len(trace.ops))} operations"
        if trace.warning():
            warn(trace.warning())
        blocks = list(live_at(trace, at, Stacks(args.skip, args.no_skip)).values())
    found = sums(blocks)
    text = folded(found) if args.format == "folded" else speedscope(found, name)
    with output(args.output) as file:
        file.write(text)
    warn(f"{name}: {group(sum(found.values()))} bytes in {counted(len(blocks), 'block')}, of "
         f"{counted(len(found), 'stack')}")
    return 0


def of_image(firmware: Firmware) -> list[Live]:
    """The live blocks of the firmware's heaps. Raises Problem; says what makes them doubtful."""
    heaps, verdict = identified_heaps(firmware, [], judge_first(firmware))
    if not heaps:
        raise Problem(firmware.no_heap())
    if verdict.doubt:
        warn(doubt_of(firmware, verdict))
    elif not verdict.proof:
        warn(f"note: {UNKNOWN.format(firmware.elf.path)}")
    live, doubts = live_in(firmware, heaps)
    for doubt in doubts:
        warn(doubt)
    return list(live.values())
