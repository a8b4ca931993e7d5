# SPDX-License-Identifier: MIT
"""Computes the longest path through malloc, free and the rest of the family from a linked firmware.

    tools/cairn bound [OPTION]... [NAME=]ELF...

For each function: instructions, cycles at zero wait states, and the longest stretch with interrupts off. It
follows the code of the image, down to the last call, and refuses what it cannot bound, saying where: a
loop, recursion, a call or a jump to a place that it does not know. docs/bound.md explains what is shown.

NAME names the image in what is printed. The part before its first slash, if it is a core, is the one that
the image is for: cortex-m4/O2=firmware.elf.

Status: 0, all functions are bounded; 1, some are not; 2, an image or the facts cannot be read.
"""
from __future__ import annotations

import argparse
import io
import os
import sys
from functools import partial
from typing import Sequence

from ..cli import parser_of, positive
from ..text import Problem
from ..workers import shared_out
from . import report, timing
from .decode import Decoder
from .facts import Facts
from .functions import Functions
from .image import Image
from .paths import Paths
from .step import Refused
from .timing import Cycles
from .walk import Walk

FACTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cairn.facts")
ENTRIES = ("malloc free calloc realloc aligned_alloc malloc_usable_size sbrk mallinfo cairn_system_start "
           "cairn_check_step")


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    args = arguments(words)
    Facts(args.facts, args.fact)
    look = partial(examine, args)
    jobs = min(args.jobs, len(args.images))
    done = [look(word) for word in args.images] if jobs == 1 else list(shared_out(look, args.images, jobs))
    for text, _, _ in done:
        print(text, end="")
    stale = set.intersection(*(unused for _, _, unused in done)) if args.strict else ()
    for fact in sorted(stale):
        print(f"cairn bound: no image needs this fact: {fact}", file=sys.stderr)
    return 2 if stale else 0 if all(bounded for _, bounded, _ in done) else 1


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The options, checked."""
    parser = parser_of("bound", __doc__)
    parser.add_argument("--core", help="the core that the image is for: " + ", ".join(timing.KNOWN))
    parser.add_argument("--entry", action="append", default=[], metavar="NAME",
                        help="bound this function, instead of those of the family that are there")
    parser.add_argument("--facts", default=FACTS, metavar="FILE",
                        help="what the code does not show by itself, with proofs")
    parser.add_argument("--fact", action="append", default=[], help="one more, as you know it: 'rounds 3 F'")
    parser.add_argument("--strict", action="store_true", help="a fact that none of the images needs is an error")
    parser.add_argument("--rows", action="store_true", help="print tab-separated rows, and nothing else")
    parser.add_argument("--path", choices=("total", "stretch"),
                        help="also print the longest path of each, or its longest stretch with interrupts off")
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="look at N images at a time")
    parser.add_argument("images", nargs="+", metavar="[NAME=]ELF", help="a linked firmware")
    args = parser.parse_args(words)
    if args.core is not None and args.core not in timing.KNOWN:
        parser.error(f"no such core here: {args.core}")
    return args


def examine(args: argparse.Namespace, word: str) -> tuple[str, bool, set[str]]:
    """Bound one image. Returns what is to be printed, whether all is bounded, and the facts not needed."""
    name, _, path = word.rpartition("=")
    image = Image(path)
    facts = Facts(args.facts, args.fact, image)
    named = name.split("/")[0]
    core = args.core or (named if named in timing.KNOWN else image.core)
    if core is not None:
        image.prove_runs_on(core)
    rule = timing.CORES.get(core) if core is not None else None
    rows, left_out = rows_of(image, facts, rule, args.entry)
    text = io.StringIO()
    if args.rows:
        report.tab_separated(name or path, rule is not None, rows, text)
    else:
        report.table(word, core or image.architecture, rule is not None, rows, left_out, text)
    for row in rows if args.path else ():
        report.path(image, row, args.path, text)
    return text.getvalue(), not any(row.refused for row in rows), {str(fact) for fact in facts.unused()}


def rows_of(image: Image, facts: Facts, rule: Cycles | None,
            entries: Sequence[str]) -> tuple[list[report.Row], dict[str, str]]:
    """A row for each entry, by default for those of the family that are there; and what was left out, with why."""
    names = entries or [name for name in ENTRIES.split() if image.find(name)]
    if not names:
        raise Problem(f"{image.path}: none of these is there: {ENTRIES}. Were they inlined, or their symbols "
                      "stripped? --entry names others")
    decoder = Decoder(image)
    functions = Functions(image, decoder)
    rows: list[report.Row] = []
    left_out: dict[str, str] = {}
    for name in names:
        walk = Walk(image, decoder, functions, rule, facts)
        try:
            rows.append(report.Row(name, paths=Paths(walk, functions, facts, image.entry(name))))
        except Refused as refused:
            rows.append(report.Row(name, refused=f"{image.place(refused.address)}: {refused.reason}"))
        left_out.update(walk.left_out)
    return rows, left_out
