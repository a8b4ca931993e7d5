# SPDX-License-Identifier: MIT
"""Who called the heap, by an address: the function of the source, and those that the compiler has inlined it into.

A function such as xmalloc() calls malloc() for the whole program: its name says nothing. Where it was inlined, the
chain goes on to its caller, and the tools pass over it: over functions that are called like an allocator, and over
those that return void * for a number, as what passes on malloc()'s result does. Where it was not inlined, the address
is its own: it has to pass the caller on (cairn_malloc_for).
"""
from __future__ import annotations

import re
from typing import Collection, Sequence

from .lines import Frame, chains_of
from .text import brief, demangle

# The last part of a name, without arguments: of functions that take memory for others.
WRAPPER = re.compile(r"(malloc|calloc|realloc|reallocarray|aligned_alloc|memalign|strn?dup)_*$|"
                     r"^operator new(\[\])?$", re.I)
OF_CONTAINERS = re.compile(r"^(std|__gnu_cxx|eastl|etl)::.*::(_?_?[A-Z]?_?allocate\w*|_M_create\w*|_M_get_node)$|"
                           r"^std::(make|allocate)_(unique|shared)\w*$|^std::__allocate_guarded\w*$")


def bare(function: str) -> str:
    """A function's name without arguments of templates and its own."""
    name = re.sub(r"<\.\.\.>", "", brief(function))
    return name[:-2] if name.endswith("()") and not name.endswith("operator()") else name


class Callers:
    """The chains of an ELF file; without the functions that `skip` names, and, unless `wrappers` is false, without
    those that look like wrappers of malloc(): by their names, or since they return void * for a number."""

    def __init__(self, path: str, skip: Sequence[str] = (), wrappers: bool = True) -> None:
        self._generic: set[str] = set()
        self._chain = chains_of(path, self._generic)
        self.skip, self.wrappers = list(skip), wrappers

    def chain(self, address: int) -> list[Frame]:
        """The functions whose code is at the address, the innermost first, each with "file:line"; empty if that is not
        known."""
        return self._chain(address)

    def shown(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames that say something."""
        return self.kept(frames, self.skip, self.wrappers, {demangle(name) for name in self._generic})

    @staticmethod
    def kept(frames: Sequence[Frame], skip: Sequence[str], wrappers: bool = True,
             generic: Collection[str] = ()) -> list[Frame]:
        """The frames without wrappers at their beginning; the last one stays. `generic` are names of such functions."""
        n = 0
        while n + 1 < len(frames) and (_is_wrapper(frames[n][0], skip, wrappers)
                                       or wrappers and frames[n][0] in generic):
            n += 1
        return list(frames[n:])


def _is_wrapper(function: str, skip: Sequence[str], wrappers: bool) -> bool:
    name = bare(function)
    last = name.rpartition("::")[2]
    if name in skip or last in skip or function in skip:
        return True
    return wrappers and bool(WRAPPER.search(last) or OF_CONTAINERS.match(name))
