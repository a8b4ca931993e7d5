# SPDX-License-Identifier: MIT
"""The calls that led to a recorded one, from the words of its stack that port_calls() found.

Such a word follows a call in the code, but may be left over from one that has returned. Where the image has CFI
(.debug_frame), it says how far above a function's frame its return address is: then only the word that was recorded
there is taken, or none. Where it has none, as for assembly, the words are taken as they are.
"""
from __future__ import annotations

import bisect
import contextlib
import io
from typing import Any, NamedTuple, Sequence

SP, LR = 13, 14
FRAME_POINTERS = (7, 11)  # that code without optimization keeps, mostly equal to SP


class Call(NamedTuple):
    """A word that follows a call: the address that it returns to, and words from the caller's frame to it."""

    address: int
    at: int


class Rule(NamedTuple):
    """Of code from an address on: words from SP to the canonical frame address, and from that to the return address;
    None where the function has not saved it, or it is not known where."""

    start: int
    frame: int | None
    saved: int | None


class Unwinder:
    """The frames of an ELF file's code. What its CFI says is read when it is first asked for."""

    def __init__(self, path: str, width: int) -> None:
        self.path, self._width = path, width
        self._entries: list[tuple[int, int, Any]] | None = None
        self._rules: dict[int, list[Rule]] = {}

    def _rule(self, address: int) -> Rule | None:
        """The rule of the code at an address; None if the image has none."""
        if self._entries is None:
            self._entries = read_entries(self.path)
        n = bisect.bisect_right(self._entries, address, key=lambda entry: entry[0]) - 1
        if n < 0 or address >= self._entries[n][1]:
            return None
        if n not in self._rules:
            self._rules[n] = []
            with contextlib.suppress(Exception):
                self._rules[n] = rules_of(self._entries[n][2], self._width)
        rules = self._rules[n]
        k = bisect.bisect_right([rule.start for rule in rules], address) - 1
        return rules[k] if k >= 0 else None

    def chain(self, caller: int, calls: Sequence[Call]) -> tuple[list[int], bool]:
        """The return addresses beyond the caller's, the nearest first, and whether CFI has found them all."""
        # A function between the caller and the heap may have saved the caller's address, as the first word of all: then
        # the caller's frame is above that.
        frames = [calls[0].at + 1] if calls and calls[0].address == caller else []
        found = [self._by_cfi(caller, frame, calls) for frame in frames + [0]]
        best = next((one for one in found if one[1]), max(found, key=lambda one: len(one[0])))
        if best[1]:
            return best
        known, above = best[0], 0
        if known:
            above = next(call.at for call in reversed(calls) if call.address == known[-1]) + 1
        elif frames:
            above = frames[0]
        return known + [call.address for call in calls if call.at >= above], False

    def _by_cfi(self, caller: int, frame: int, calls: Sequence[Call]) -> tuple[list[int], bool]:
        """The chain as far as CFI proves it; and whether it ends there, since no more was recorded or saved."""
        saved = {call.at: call.address for call in calls}
        last, place = max(saved, default=-1), caller
        chain: list[int] = []
        while True:
            rule = self._rule((place & ~1) - 2)
            if rule is None or rule.frame is None:
                return chain, False
            if rule.saved is None:
                return chain, True  # it never returns: the first function
            at = frame + rule.frame + rule.saved
            if at not in saved:
                return chain, at > last
            place, frame = saved[at], frame + rule.frame
            chain.append(place)


def read_entries(path: str) -> list[tuple[int, int, Any]]:
    """From where to where each entry of .debug_frame holds, in order; empty if there are none."""
    try:
        from elftools.dwarf.callframe import FDE
        from elftools.elf.elffile import ELFFile
    except ImportError:
        return []
    found: list[tuple[int, int, Any]] = []
    with open(path, "rb") as file, contextlib.suppress(Exception):
        elf = ELFFile(io.BytesIO(file.read()))
        dwarf = elf.get_dwarf_info() if elf.has_dwarf_info() else None
        for entry in dwarf.CFI_entries() if dwarf is not None and dwarf.has_CFI() else []:
            if isinstance(entry, FDE) and entry["initial_location"] != 0:  # the linker leaves at 0 what it has dropped
                start = entry["initial_location"]
                found.append((start, start + entry["address_range"], entry))
    return sorted(found, key=lambda entry: entry[0])


def rules_of(entry: Any, width: int) -> list[Rule]:
    """The rules of one entry, in order."""
    rules = []
    for row in entry.get_decoded().table:
        cfa, saved = row["cfa"], row.get(LR)
        known = cfa.reg is not None and (cfa.reg == SP or cfa.reg in FRAME_POINTERS)
        at = saved.arg // width if saved is not None and saved.type == "OFFSET" else None
        rules.append(Rule(row["pc"], cfa.offset // width if known else None, at))
    return rules
