# SPDX-License-Identifier: MIT
"""What `cairn link` finds wrong in a linked firmware: each finding with its remedy."""
from __future__ import annotations

from typing import Iterator, NamedTuple

from . import region
from .linked import Linked, Part
from .text import counted, group

ENDS = "The first request ends in cairn_fatal(CAIRN_NO_HEAP)."
BEFORE_LIBC = "Put libcairn.a before -lc, and -u cairn_names on the link line."
NAME_BOTH = "-Wl,--defsym=__heap_start=FIRST_BYTE -Wl,--defsym=__heap_limit=FIRST_BYTE_PAST_IT"
# Options that code which includes cairn.h depends on; a difference of the others only misleads.
OPTIONS = {"index.bits": "CAIRN_INDEX_BITS", "granule": "CAIRN_GRANULE", "check": "CAIRN_CHECK",
           "regions": "CAIRN_REGIONS", "counts": "CAIRN_COUNTS", "sites": "CAIRN_SITES", "trace": "CAIRN_TRACE"}


class Finding(NamedTuple):
    """Something wrong, and what to do. A warning is no reason to stop a build."""

    is_error: bool
    text: str
    remedy: str


def error(text: str, remedy: str) -> Finding:
    """A finding that the firmware cannot work with as it is."""
    return Finding(True, text, remedy)


def warning(text: str, remedy: str) -> Finding:
    """A finding with which the firmware works, but perhaps not as its author believes."""
    return Finding(False, text, remedy)


def all_findings(image: Linked) -> list[Finding]:
    """All of them, in the order of the report."""
    found = [*options(image), *allocators(image)]
    if image.kind in ("malloc", "break"):
        found += [*heap(image), *overlaps(image), *reach(image)]
    return [*found, *wrappers(image)]


# ---- Options, and what is linked ---------------------------------------------------------------------


def options(image: Linked) -> Iterator[Finding]:
    """Libraries of different options. Objects of other options than the library's do not link (cairn.h)."""
    for key, macro in OPTIONS.items():
        values = image.options.get(key, set())
        if len(values) > 1:
            yield error(f"Two libraries of different options are linked: {macro} is {_either(values)}.",
                        "Link one libcairn.a only.")


def _either(values: set[int]) -> str:
    return " and ".join(map(str, sorted(values)))


def allocators(image: Linked) -> Iterator[Finding]:
    """The C library's allocator beside Cairn, or in its place."""
    found = image.allocators()
    if found and image.kind in ("malloc", "private"):
        yield error(f"The C library's allocator is in this image beside Cairn: {', '.join(found)}.", BEFORE_LIBC)
    elif image.kind == "none" and (found or image.has("malloc")):
        whose = f"the C library's is: {', '.join(found)}" if found else "another malloc is"
        yield error(f"Cairn is not in this image, but {whose}.", BEFORE_LIBC)
    elif image.kind == "none":
        yield error("Cairn is not in this image, and no other malloc is.", BEFORE_LIBC)
    elif found and image.kind == "unused":
        yield error(f"No code calls Cairn's malloc, but the C library's is there: {', '.join(found)}.", BEFORE_LIBC)


def wrappers(image: Linked) -> Iterator[Finding]:
    """Functions in front of the family."""
    found = image.wrappers()
    if not found:
        return
    names = ", ".join(wrapper.name for wrapper in found)
    calls = sorted({call for wrapper in found for call in wrapper.calls})
    text = f"Calls of the family reach these first: {names}" + (f"; they call {', '.join(calls)}." if calls else ".")
    remedy = "Take -Wl,--wrap=... off the link line, if nothing needs them: Cairn has its own lock and checks."
    if any("mutex" in call or call == "panic" for call in calls):
        remedy = ("With the Pico SDK: set(SKIP_PICO_MALLOC 1) before pico_sdk_init() leaves them out, "
                  "PICO_MALLOC_PANIC=0 lets malloc return NULL, PICO_USE_MALLOC_MUTEX=0 drops the mutex, "
                  "which an interrupt handler cannot take.")
    yield warning(text, remedy)


# ---- The heap ----------------------------------------------------------------------------------------


def heap(image: Linked) -> Iterator[Finding]:
    """No heap."""
    if not image.has_known_region:
        yield warning("The heap's ends are not known here: this firmware has a port_heap_start() of its own.",
                      "Check them in the firmware: port_heap_start(), port_heap_limit().")
    elif image.start is None:
        yield error(f"There is no heap: no symbol gives its start. {ENDS} Looked for: "
                    + ", ".join(region.HEAP_START) + ".", _name_the_ends(image))
    elif image.limit is None:
        terms = (region.HEAP_LIMIT, *region.HEAP_END, *region.ABOVE_STACK)
        there = "".join(f" {found.by} is at {found.address:#010x}."
                        for found in region.places(terms, image.value, image.elf.word))
        yield error(f"There is no heap: no symbol gives a limit above its start, {image.start.address:#010x}. {ENDS}"
                    + (there or f" Looked for: {', '.join(terms)}."), _name_the_ends(image))
    elif image.heap is None:
        yield error(f"There is no heap: its limit ({image.limit.by}, {image.limit.address:#010x}) is not above its "
                    f"start ({image.start.by}, {image.start.address:#010x}). Every malloc gives NULL.",
                    "Give the heap a size in the linker script (_heap_size), or name its limit: "
                    "-Wl,--defsym=__heap_limit=FIRST_BYTE_PAST_IT" + _hints(image))
    elif image.kind == "malloc" and image.room() == 0:
        yield error(f"There is no heap: {counted(image.heap.end - image.heap.start, 'byte')} are too few for its "
                    "control data and a block. Every malloc gives NULL.",
                    "Use less static data, or give the heap more RAM.")


def _name_the_ends(image: Linked) -> str:
    return f"Name both ends on the link line: {NAME_BOTH}" + _hints(image)


def _hints(image: Linked) -> str:
    found = image.candidates()[:8]
    return ". Symbols of this image that may be meant: " + ", ".join(
        f"{name} ({address:#010x})" for address, name in found) if found else "."


def reach(image: Linked) -> Iterator[Finding]:
    """A heap of which the index reaches only a part."""
    size = image.heap.end - image.heap.start if image.heap else 0
    if image.kind == "malloc" and image.reach < size:
        more = " or CAIRN_GRANULE=16 (1 MiB)" if image.option("granule") == 8 else ""
        yield warning(f"Only the first {group(image.reach)} of {group(size)} bytes are served: an index of "
                      f"{image.option('index.bits') or 16} bits reaches no further.",
                      f"Build the library with CAIRN_INDEX_BITS=32{more}; or give the rest to a heap of its own "
                      "(cairn_init), or with CAIRN_REGIONS=1 to malloc (cairn_add_region).")


# ---- Overlaps ------------------------------------------------------------------------------------------


def overlaps(image: Linked) -> Iterator[Finding]:
    """Memory that both the heap and something else take."""
    found = image.heap
    if found is None or not image.has_known_region:
        return
    bank = image.bank(found.start)
    if bank is not None and found.end > bank.end:
        yield error(f"The heap ends {group(found.end - bank.end)} bytes past the end of {bank.what}, "
                    f"at {bank.end:#010x}.", _move(image))
    for part in image.parts():
        size = _common(found, part)
        if size:
            inside = image.elf.object(max(part.start, found.start))
            if inside is not None and (inside.value, inside.size) == (found.start, found.end - found.start):
                continue  # an array is the heap
            name = f", which begins with {inside.name}" if inside is not None else ""
            yield error(f"The heap takes {counted(size, 'byte')} of {part.what} ({part.start:#010x} to "
                        f"{part.end:#010x}){name}.",
                        "Name a start past all static data: -Wl,--defsym=__heap_start=SYMBOL, or a limit below it: "
                        "-Wl,--defsym=__heap_limit=SYMBOL" + _hints(image))
    yield from _in_the_stack(image, found)


def _in_the_stack(image: Linked, heap_part: Part) -> Iterator[Finding]:
    pointer = image.stack_pointer
    size = _common(heap_part, image.stack) if image.stack is not None else 0
    if image.stack is not None and size:
        yield error(f"The heap reaches {group(size)} bytes into the stack ({image.stack.start:#010x} to "
                    f"{image.stack.end:#010x}, by {image.stack.what}).", _move(image))
    elif pointer is not None and heap_part.start < pointer <= heap_part.end:
        yield error(f"The stack grows down into the heap: the stack pointer starts at {pointer:#010x}, "
                    + ("the heap's limit; no byte is kept for the stack." if pointer == heap_part.end
                       else "inside the heap."), _move(image))


def _move(image: Linked) -> str:
    limit = image.limit.by if image.limit is not None else ""
    return (f"The limit is {limit}. Name a lower one: -Wl,--defsym=__heap_limit=STACK_TOP-BYTES_FOR_THE_STACK; "
            "or use a smaller heap in the linker script.")


def _common(one: Part, other: Part) -> int:
    return max(min(one.end, other.end) - max(one.start, other.start), 0)
