# SPDX-License-Identifier: MIT
"""The facts file: what the code alone does not show about the paths through it, each with its proof.

A line that begins with a word is a fact; the indented lines after it are its proof, which must be
there. Functions are meant by their source names, whatever the compiler adds for a copy.

    stops F                 a path that comes to F ends there: F does not return
    apart F                 F is not counted where it is called, but on its own, a step at a time; with interrupts off
                            it is counted if a `rounds` bounds its loop
    rounds N F...           a loop of the first F runs N times at most; the others may have it inlined
    ... if S=V, ... if S    a fact of images only where the symbol S has the value V, or is there; V is none: where
                            there is no S
    never A [in C] then B   a path that has come to A, in a call of C, does not come to B
    most N A in C           in one call of C, A is called N times at most

C may be C/D: a call of D in one of C, at whatever depth.
"""
from __future__ import annotations

import re
from typing import Callable, Sequence

from ..text import Problem
from .image import Image


class Fact:
    """`where` it was read; `kind`, the first word; `names` of functions; `number`, N. `used` is set when some
    path needs it."""

    __slots__ = ("where", "kind", "number", "names", "inside", "condition", "proof", "used")

    def __init__(self, where: str, kind: str, number: int, names: Sequence[str], inside: Sequence[str] = ()) -> None:
        self.where, self.kind, self.number, self.names, self.inside = where, kind, number, names, inside
        self.condition: tuple[str, int | str | None] | None = None  # a value, "none", or None: any
        self.proof: list[str] = []
        self.used = False

    def holds(self, image: Image) -> bool:
        """Is the fact one of the image's, by its condition?"""
        if self.condition is None:
            return True
        symbol, value = self.condition
        there = image.values.get(symbol)
        return there is None if value == "none" else there is not None if value is None else there == value

    def __str__(self) -> str:
        return f"{self.where}: {self.kind} {' '.join(self.names)}"


FORMS: dict[str, tuple[str, Callable[[str, str, re.Match[str]], Fact]]] = {
    "stops": (r"(\S+)$", lambda where, kind, m: Fact(where, kind, 0, [m[1]])),
    "apart": (r"(\S+)$", lambda where, kind, m: Fact(where, kind, 0, [m[1]])),
    "rounds": (r"(\d+)((?: \S+)+)$", lambda where, kind, m: Fact(where, kind, int(m[1]), m[2].split())),
    "never": (r"(\S+)(?: in (\S+))? then (\S+)$",
              lambda where, kind, m: Fact(where, kind, 0, [m[1], m[3]], m[2].split("/") if m[2] else ())),
    "most": (r"(\d+) (\S+) in (\S+)$", lambda where, kind, m: Fact(where, kind, int(m[1]), [m[2]], m[3].split("/"))),
}


class Facts:
    """All facts, by what they are asked for: those of a file, and those of the command line. Raises Problem where
    one does not have the form above."""

    def __init__(self, path: str, given: Sequence[str] = (), image: Image | None = None) -> None:
        self.all = _read(path)
        for number, line in enumerate(given, 1):
            fact = _parse(f"--fact {number}", line)
            fact.proof.append("As given by --fact.")
            self.all.append(fact)
        if image is not None:
            self.all = [fact for fact in self.all if fact.holds(image)]
        self.stops = {fact.names[0]: fact for fact in self.all if fact.kind == "stops"}
        self.apart = {fact.names[0]: fact for fact in self.all if fact.kind == "apart"}
        self.rounds = {name: fact for fact in self.all if fact.kind == "rounds" for name in fact.names}
        self.limits = [fact for fact in self.all if fact.kind in ("never", "most")]

    def unused(self) -> list[Fact]:
        """The facts that no path has needed so far."""
        return [fact for fact in self.all if not fact.used]


def _read(path: str) -> list[Fact]:
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Problem(f"{path} holds no facts: it is not text") from None
    facts: list[Fact] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            facts.append(_parse(f"{path}:{number}", line))
        elif facts:
            facts[-1].proof.append(line.strip())
        else:
            raise Problem(f"{path}:{number}: a proof of nothing: {line.strip()}")
    for fact in facts:
        if not fact.proof:
            raise Problem(f"a fact without its proof: {fact}")
    return facts


def _parse(where: str, line: str) -> Fact:
    line, _, condition = line.partition(" if ")
    kind, _, rest = line.partition(" ")
    form = FORMS.get(kind)
    found = re.match(form[0], " ".join(rest.split())) if form else None
    asked = re.match(r"([^\s=]+)(?:=(0x[0-9a-f]+|\d+|none))?$", condition.strip()) if condition else None
    if form is None or found is None or bool(condition) != bool(asked):
        raise Problem(f"{where}: not a fact: {line}")
    fact = form[1](where, kind, found)
    if asked:
        value = asked[2] if asked[2] in (None, "none") else int(asked[2], 0)
        fact.condition = asked[1], value
    return fact
