# SPDX-License-Identifier: MIT
"""Shows the heap of a recorded program over time, as one HTML file, or at one moment.

    tools/cairn view TRACE -o view.html               a page that needs nothing else
    tools/cairn view TRACE --svg OP -o heap.svg       a picture: OP is a number, fullest or end
    tools/cairn view TRACE --png OP -o heap.png       the same; needs rsvg-convert (librsvg2-bin)
    tools/cairn view RAM --ram-at 0x20000000 --elf FIRMWARE.elf -o view.html
                                                      the heap in an image of the RAM

The heap itself runs the trace, on the host, and says where blocks lie. It gets the heap that the trace was
recorded in, if the trace names it, or the smallest one that runs it.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, NamedTuple, Sequence

from . import draw
from .callers import Callers
from .cli import add_skip, address, callers_of, parser_of, positive
from .elf import Elf
from .firmware import Firmware
from .heap import FREE, HELD, Heap
from .host import HostHeap, Trace, add_options
from .identity import doubt_of, identified_heaps, judge_first
from .lines import lines_of
from .memory import Files
from .stacks import stack_of, words
from .survey import Survey
from .text import Problem, brief, counted, group

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")

SERVED, REFUSED, SKIPPED = range(3)
NAMES = {"m": "malloc", "c": "calloc", "r": "realloc", "a": "memalign", "f": "free"}


class Placed(NamedTuple):
    """A live block: its first granule and its granules, the bytes asked for, the operation that it is from, and by
    number who called."""

    place: int
    granules: int
    size: int
    born: int
    site: int


class Run:
    """A program's operations and what they did to the heap. Places and sizes of the heap in granules,
    counted from the control data's first. An operation without a block has place -1."""

    def __init__(self, name: str, source: str, granule: int, start: int, control: int, granules: int) -> None:
        self.name, self.source, self.granule, self.start = name, source, granule, start
        self.control, self.granules = control, granules
        # One entry for each operation.
        self.kinds: list[str] = []
        self.slots: list[int] = []
        self.sizes: list[int] = []
        self.op_sites: list[int] = []
        self.places: list[int] = []
        self.tops: list[int] = []
        self.largest: list[int] = []
        self.holes: list[int] = []    # the largest free block below the top
        self.served: list[int] = []
        self.alignments: dict[int, int] = {}  # by operation
        self.sites = [""]
        self.refused: list[tuple[int, str, int]] = []
        self.times: list[int] = []     # of each operation; empty where the trace has none
        self.tasks = [""]
        self.op_tasks: list[int] = []  # by index in tasks; empty where the trace has none
        # Of an image of the RAM, which is one moment, whose operations are in no order: the granules of each block,
        # with what the library keeps in it. Empty for a trace: the size that was asked for says it.
        self.extents: list[int] = []
        self.warnings: list[str] = []  # why what is shown may not be what was
        self.moment = False

    @property
    def count(self) -> int:
        """How many operations there are."""
        return len(self.kinds)

    def add(self, kind: str, slot: int, size: int, site: int, place: int, top: int, largest: int, served: int,
            hole: int) -> None:
        """One more operation, and what it did."""
        self.kinds.append(kind)
        self.slots.append(slot)
        self.sizes.append(size)
        self.op_sites.append(site)
        self.places.append(place)
        self.tops.append(top)
        self.largest.append(largest)
        self.served.append(served)
        self.holes.append(hole)

    def highest(self) -> int:
        """The highest top."""
        return max(self.tops, default=self.control)

    def shown(self) -> int:
        """Granules of the map that are shown: all, or a little more than was ever used where that is a small part."""
        some = self.highest() + max(self.highest() // 8, 32)
        return self.granules if some * 4 > self.granules * 3 else -(-some // 32) * 32

    def taken(self, i: int) -> int:
        """Granules of the block of operation i."""
        return self.extents[i] if self.moment else max(1, -(-self.sizes[i] // self.granule))

    def blocks(self, at: int) -> dict[int, Placed]:
        """Blocks live after `at` operations, by slot."""
        live: dict[int, Placed] = {}
        for i in range(at):
            if self.served[i] != SERVED:
                continue
            if self.kinds[i] == "f":
                del live[self.slots[i]]
            else:
                live[self.slots[i]] = Placed(self.places[i], self.taken(i), self.sizes[i], i + 1, self.op_sites[i])
        return live

    def fullest(self) -> int:
        """Operations up to the one after which the most granules are used."""
        used = most = best = 0
        live: dict[int, int] = {}
        for i in range(self.count):
            if self.served[i] != SERVED:
                continue
            used -= live.pop(self.slots[i], 0)
            if self.kinds[i] != "f":
                live[self.slots[i]] = self.taken(i)
                used += live[self.slots[i]]
            if used > most:
                most, best = used, i + 1
        return best

    def page_data(self) -> dict[str, Any]:
        """What the page gets. docs/view.md describes it."""
        numbers: dict[str, int] = {}
        stacks = [[numbers.setdefault(words((frame,)), len(numbers)) for frame in stack_of(site)[::-1]]
                  for site in self.sites]
        return {
            "name": self.name, "source": self.source, "granule": self.granule, "start": self.start,
            "control": self.control, "granules": self.granules, "moment": self.moment, "fullest": self.fullest(),
            "kinds": "".join(self.kinds), "served": "".join(map(str, self.served)), "slots": self.slots,
            "sizes": self.sizes, "alignments": self.alignments, "places": self.places, "tops": self.tops,
            "holes": self.holes, "shown": self.shown(),
            "extents": self.extents, "largest": self.largest, "sites": self.sites, "opSites": self.op_sites,
            "refused": self.refused,
            "labels": [brief(site) for site in self.sites], "warnings": self.warnings,
            "stacks": stacks, "frames": list(numbers), "frameLabels": [brief(frame) for frame in numbers],
            "times": self.times, "tasks": self.tasks, "opTasks": self.op_tasks,
            "palette": {
                "categories": draw.CATEGORIES, "others": draw.OTHERS, "steps": draw.STEPS,
                "sizeSteps": draw.SIZE_STEPS, "ageSteps": draw.AGE_STEPS, "control": draw.CONTROL,
                "above": draw.ABOVE, "free": draw.FREE, "line": draw.LINE, "ink": draw.INK,
                "faint": draw.FAINT, "used": draw.USED, "top": draw.TOP,
                "largest": draw.LARGEST,
            },
        }


def run_trace(path: str, heap: HostHeap, size: int | None) -> Run:
    """The run of a trace in a heap of `size` bytes; by default, of the recorded or the smallest one."""
    trace = Trace(path)
    start = trace.fields.get("heap_start", 0)
    size = size or trace.fields.get("heap_size") or heap.fit([path])[0]
    lines = heap.run("heap_run", "blocks", path, start, size)
    _, control, granules = map(int, lines[0])
    run = Run(trace.name, trace.source, heap.granule, -(-start // heap.granule) * heap.granule, control, granules)
    run.sites, run.refused = trace.sites, trace.refused
    run.times, run.tasks, run.op_tasks = trace.times, trace.tasks, trace.op_tasks
    run.warnings += filter(None, [trace.warning()])
    for op, line in zip(trace.ops, lines[1:]):
        if op.kind == "a":
            run.alignments[run.count] = op.alignment
        place, top, largest, served, hole = map(int, line)
        run.add(op.kind, op.slot, op.size, op.site, place, top, largest, served, hole)
    return run


def run_image(path: str, base: int, elf: str, callers: Callers) -> Run:
    """The heap in an image of the RAM from address `base` on: its live blocks, as if they had just been
    allocated one after the other."""
    firmware = Firmware(Elf(elf), Files([f"{path}@{base:#x}"]).read, lines_of(elf), callers)
    heaps, verdict = identified_heaps(firmware, [], judge_first(firmware))
    if not heaps:
        raise Problem(firmware.no_heap())
    run = of_heap(heaps[0], firmware, os.path.basename(path))
    if verdict.doubt:
        run.warnings.append(doubt_of(firmware, verdict))
    return run


def of_heap(heap: Heap, firmware: Firmware, name: str) -> Run:
    """The blocks that a heap has now."""
    below = heap.map_granules(heap.limit)
    run = Run(name, f"image of the RAM, {firmware.elf.path}", heap.granule, heap.start(), below + heap.first,
              below + heap.limit)
    run.moment = True
    survey = Survey(heap)
    if survey.faults:
        run.warnings.append(f"DAMAGED: the heap has {counted(len(survey.faults), 'fault')}; `cairn image` lists them")
    blocks = [block for block in survey.blocks if block.kind != FREE]
    holes = [b.i - (a.i + a.size) for a, b in zip(blocks, blocks[1:])] + [blocks[0].i - heap.first if blocks else 0]
    largest = max(holes + [heap.limit - heap.top])
    for slot, block in enumerate(blocks):
        size, owner = heap.trailer(block) or (block.size * heap.granule, 0)
        site = firmware.place(owner) if owner else ""
        if block.kind == HELD:
            size, site = 0, "freed, held in the quarantine"
        if site not in run.sites:
            run.sites.append(site)
        run.extents.append(block.size)
        run.add("m", slot, size, run.sites.index(site), below + block.i, below + heap.top, largest, SERVED,
                max(holes))
    return run


# ---- One moment ---------------------------------------------------------------------------------------


class Moment:
    """The heap after `at` operations, as draw.heap_svg() needs it."""

    def __init__(self, run: Run, at: int) -> None:
        self.at, self.sites = at, run.sites
        self.granule, self.control, self.granules = run.granule, run.control, run.granules
        self.shown = run.shown()
        self.blocks = sorted(run.blocks(at).values())
        self.top = run.tops[at - 1] if at else run.control
        used = sum(block.granules for block in self.blocks)
        free = run.granules - run.control - used
        largest = run.largest[at - 1] if at else free
        within = run.highest() - run.control - used  # free, of what the program ever used
        hole = max(run.holes[at - 1] if at else 0, run.highest() - self.top)
        self.title = run.name
        self.caption = f"After {group(at)} of {group(run.count)} operations" if not run.moment else run.source
        self.caption += f"; a heap of {group(run.granules * run.granule)} bytes"
        if self.shown < self.granules:
            self.caption += f", the last {group((self.granules - self.shown) * run.granule)} of them not shown"
        self.warnings = run.warnings
        self.figures = [
            ("used, bytes", group(used * run.granule)), ("in blocks", group(len(self.blocks))),
            ("free below the top", group((self.top - run.control - used) * run.granule)),
            ("above the top", group((run.granules - self.top) * run.granule)),
            ("largest free", group(largest * run.granule)),
            ("largest / free in use", f"{100 * hole / within:.0f} %" if within else "-"),
        ]


SCRIPTS = ("page.js", "map.js", "flame.js", "search.js", "curves.js", "start.js")


def part(name: str) -> str:
    """A file of the folder page."""
    with open(os.path.join(PAGE, name), encoding="utf-8") as file:
        return file.read()


def page(run: Run) -> str:
    """The page: its parts are in the folder page, and the data."""
    parts = {"html": part("page.html"), "css": part("page.css"), "js": "".join(map(part, SCRIPTS))}
    # "</" would end the script that holds the data.
    data = json.dumps(run.page_data(), separators=(",", ":")).replace("</", "<\\/")
    title = run.name.replace("&", "&amp;").replace("<", "&lt;")
    return (parts["html"].replace("@TITLE@", title).replace("@CSS@", parts["css"]).replace("@JS@", parts["js"])
            .replace("@DATA@", data))


def write_picture(run: Run, args: argparse.Namespace) -> None:
    """The picture that --svg or --png asks for."""
    where = args.svg or args.png
    at = {"fullest": run.fullest(), "end": run.count}.get(where)
    if at is None:
        at = int(where) if where.isdecimal() else -1
    if not 0 <= at <= run.count:
        raise Problem(f"{where} is not an operation: 0 to {run.count}, fullest or end")
    mode = args.colours or ("site" if len(run.sites) > 1 else "size" if run.moment else "age")
    svg = draw.heap_svg(Moment(run, at), mode)
    if args.svg:
        with open(args.output, "w", encoding="utf-8") as file:
            file.write(svg)
    elif not draw.to_png(svg, args.output):
        raise Problem("--png needs rsvg-convert, of Debian's package librsvg2-bin; --svg needs nothing")


def run(arguments: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("view", __doc__)
    parser.add_argument("file", help="a trace; with --ram-at, an image of the RAM")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the page, or the picture")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--svg", metavar="OP", help="a picture of the moment after operation OP")
    what.add_argument("--png", metavar="OP", help="the same as a PNG")
    parser.add_argument("--colours", choices=("site", "age", "size"),
                        help="of blocks in a picture (site, if it is known)")
    parser.add_argument("--heap", type=positive, metavar="BYTES", help="run the trace in a heap of this size")
    add_options(parser)
    parser.add_argument("--ram-at", metavar="ADDRESS", type=address,
                        help="FILE is the RAM from this address on")
    parser.add_argument("--elf", help="the firmware that runs in that RAM")
    add_skip(parser)
    args = parser.parse_args(arguments)
    if (args.ram_at is None) != (args.elf is None):
        parser.error("--ram-at and --elf go together")
    if args.ram_at is None:
        shown = run_trace(args.file, HostHeap(args.index_bits, args.granule), args.heap)
    else:
        shown = run_image(args.file, args.ram_at, args.elf, callers_of(args.elf, args))
    for warning in shown.warnings:
        print(f"cairn view: {warning}", file=sys.stderr)
    if args.svg or args.png:
        write_picture(shown, args)
    else:
        with open(args.output, "w", encoding="utf-8") as file:
            file.write(page(shown))
    return 0
