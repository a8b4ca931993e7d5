# SPDX-License-Identifier: MIT
"""The longest path from an entry. Paths that come to one place knowing the same are one from there on.

No path may come to a place twice in one call: a loop is refused, unless a fact says how often it runs.
"""
from __future__ import annotations

import sys
from typing import Any, Iterator

from .facts import Fact, Facts
from .functions import Functions
from .step import Refused
from .walk import LOOP, Edge, Node, Walk

MOST_NODES = 1000000
FEW, MANY = 8, 40  # states of one place, from where on fewer are kept apart
sys.setrecursionlimit(100000)


class Lengths:
    """Longest from a node on: `total` to the end; `run` until interrupts are on; `stretch`, anywhere with
    interrupts off. Each is [instructions, cycles], which need not be of one path; `ways` are the edges that
    the instructions come from."""

    __slots__ = ("total", "run", "stretch", "ways")

    def __init__(self) -> None:
        self.total, self.run, self.stretch = [0, 0], [0, 0], [0, 0]
        self.ways: dict[str, Edge] = {}

    def take(self, edge: Edge, after: Lengths, masked: bool) -> None:
        """One more way on, and the Lengths after it."""
        total = [cost + rest for cost, rest in zip(edge.cost, after.total)]
        still = edge.to is not None and edge.to.state.masked
        run = [cost + (rest if still else 0) if masked else 0 for cost, rest in zip(edge.cost, after.run)]
        stretch = [max(one, other) for one, other in zip(run, after.stretch)]
        for name, found in (("total", total), ("run", run), ("stretch", stretch)):
            best = getattr(self, name)
            if name not in self.ways or found[0] > best[0]:
                self.ways[name] = edge
            best[:] = map(max, best, found)


END = Lengths()


class Paths:
    """All paths of one entry. Raises Refused if one of them has no bound."""

    def __init__(self, walk: Walk, functions: Functions, facts: Facts, entry: int) -> None:
        self._walk, self._functions, self._facts = walk, functions, facts
        name = functions.name_of(entry) or ""
        self._apart = facts.apart.get(name)
        self._found: dict[tuple[Any, ...], Lengths | None] = {}  # by key; None where nothing returns
        self._trail: set[tuple[int, int]] = set()                # the places on the path: (pc, number of the call)
        self._states: dict[tuple[Any, ...], int] = {}            # by place: states found there
        root = walk.root(entry)
        fact = facts.rounds.get(name)
        self.root = self._round(fact, root) or root if fact is not None else root
        lengths = self._longest(self.root)
        if lengths is None:
            raise Refused(entry, "it never returns")
        self.lengths = lengths

    def _longest(self, node: Node) -> Lengths | None:
        key = self._key(node)
        if key in self._found:
            return self._found[key]
        best: Lengths | None = None
        here = node.pc, node.calls[-1].number
        first = here not in self._trail
        self._trail.add(here)
        for edge in self._walk.edges(node):
            after = END if edge.to is None else self._after(node, edge, edge.to)
            if after is not None:
                best = best or Lengths()
                best.take(edge, after, node.state.masked)
        if first:
            self._trail.remove(here)
        self._found[key] = best
        return best

    def _key(self, node: Node) -> tuple[Any, ...]:
        """The node's key. Where many states have come to one place, fewer are kept apart."""
        key = node.key()
        if key in self._found:
            return key
        place = key[:-1]
        count = self._states[place] = self._states.get(place, 0) + 1
        if count > FEW:
            node.state.coarsen()
            if count > MANY:
                node.state.forget_bounds()
            key = node.key()
        if len(self._found) >= MOST_NODES:
            raise Refused(node.pc, f"more than {MOST_NODES} places to keep apart")
        return key

    def _after(self, node: Node, edge: Edge, to: Node) -> Lengths | None:
        """The Lengths after an edge to a node: None if it leads nowhere."""
        again = (to.pc, to.calls[-1].number) in self._trail
        if again and self._apart is not None and len(to.calls) == 1 and not to.state.masked:
            self._apart.used = True
            edge.to = None  # the end of a step
            return END
        fact = self._facts.rounds.get(self._functions.name_around(to.pc) or "")
        if fact is not None and (not again or self._functions.loops_at(to.pc)):
            edge.to = self._round(fact, to)
        elif again and not self._functions.returns_from(to.pc, self._facts.stops):
            self._walk.left_out[f"a loop in {self._functions.name_around(to.pc)}"] = "nothing returns from it"
            return None
        elif again:
            raise Refused(to.pc, "a loop" + (", with interrupts off" if to.state.masked else "")
                          + f": from {self._functions.place(node.pc)} a path comes here again; if you know how often, "
                          f"--fact 'rounds N {self._functions.name_around(to.pc)}'")
        return self._longest(edge.to) if edge.to is not None else None

    def _round(self, fact: Fact, node: Node) -> Node | None:
        """The node that an edge leads to, with the rounds of its loops counted; None if the fact allows no
        further one. A count begins where a loop is entered, and ends where it is left."""
        to, depth = node, len(node.calls)
        for loop in self._functions.loops(to.pc):
            what = LOOP, loop.head
            if to.pc not in loop.places:
                to = to.with_count(what, depth, None)
            elif not to.counts_what(what, depth):
                # Entered elsewhere than at its head, it comes there once without having gone round.
                to = to.with_count(what, depth, 0 if to.pc == loop.head else -1)
            elif to.pc == loop.head:
                fact.used = True
                after = to.counted(what, depth, fact.number)
                if after is None:
                    return None
                to = after
        return to

    def path(self, which: str) -> Iterator[tuple[Node, Edge]]:
        """The longest path, or the one with the longest stretch, up to its end: (node, edge), in order."""
        node: Node | None = self.root
        while node is not None:
            lengths = self._found[node.key()]
            assert lengths is not None, "it is on a path that returns"
            if which == "stretch" and node.state.masked and lengths.run[0] == lengths.stretch[0]:
                which = "run"
            if which == "run" and not node.state.masked:
                return
            edge = lengths.ways[which]
            yield node, edge
            node = edge.to
