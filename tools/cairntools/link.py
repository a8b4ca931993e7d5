# SPDX-License-Identifier: MIT
"""Reports what a firmware got from its link: its heap, its stack, the options of Cairn, and what is wrong.

    tools/cairn link FIRMWARE.elf [FIRMWARE.map]

Run it after the link. It prints where the heap is and by which symbols, where the stack is, what lies above the heap,
the library's version and options, what is in front of malloc, whether an allocator of the C library came in, and the
flash and static RAM that Cairn takes. Then come the findings, each with its remedy. The map is GNU ld's
(-Wl,-Map,FIRMWARE.map): with it every object of the C library's allocator is found, sizes are exact, and the end of
RAM is known.

Status: 0, no errors (warnings may be there); 1, an error: no heap, an overlap, two heaps, options that do not fit; with
--strict also a warning; 2, a file cannot be read. With --bound the status of cairn bound counts as well.
"""
from __future__ import annotations

from typing import Iterator, Sequence

from .cli import parser_of
from .elf import EM_ARM
from .findings import Finding, all_findings
from .linked import Linked, Part
from .text import counted, group

SWITCHES = ("regions", "counts", "sites", "trace")
KINDS = {
    "malloc": "Cairn's",
    "break": "the C library's, over Cairn's sbrk (libcairn-sbrk.a)",
    "private": "none of Cairn's: private heaps only",
    "unused": "no code calls it: the linker dropped Cairn",
    "none": "not Cairn's",
}


def run(words: Sequence[str]) -> int:
    """The tool. Returns its exit status."""
    parser = parser_of("link", __doc__)
    parser.add_argument("firmware", metavar="FIRMWARE.elf", help="the linked image, not stripped")
    parser.add_argument("map", nargs="?", metavar="FIRMWARE.map", help="the map of the same link")
    parser.add_argument("--strict", action="store_true", help="end with status 1 for a warning, too")
    parser.add_argument("--bound", action="store_true", help="also print the longest paths, as cairn bound does")
    parser.add_argument("--core", metavar="CORE", help="for --bound: the core that the image is for")
    args = parser.parse_args(words)
    if args.core is not None and not args.bound:
        parser.error("--core is for --bound")
    image = Linked(args.firmware, args.map)
    findings = all_findings(image)
    print(args.firmware)
    for label, text in rows(image):
        print(f"  {label:10}{text}")
    for line in told(findings):
        print(line)
    status = 1 if any(finding.is_error or args.strict for finding in findings) else 0
    if args.bound:
        from .bound import tool  # needs Capstone, which the report does not

        print(flush=True)
        status = max(status, tool.run([*(["--core", args.core] if args.core else []), args.firmware]))
    return status


# ---- The report ------------------------------------------------------------------------------------


def rows(image: Linked) -> Iterator[tuple[str, str]]:
    """Labels, and what the report says there."""
    yield "Cairn", options(image)
    if image.kind in ("malloc", "break"):
        yield "heap", heap(image)
        if image.kind == "malloc" and image.heap is not None:
            yield "", f"{group(image.room())} bytes for blocks, the rest is control data or not served"
    yield "stack", stack(image)
    if image.kind in ("malloc", "break") and image.heap is not None:
        yield "above", above(image, image.heap)
    wrapped = ", ".join(wrapper.name for wrapper in image.wrappers())
    yield "malloc", KINDS[image.kind] + (f", behind {wrapped}" if wrapped else "")
    found = image.allocators()
    yield "C library", (", ".join(found) if found else "nothing of its allocator") + (
        "" if image.map is not None else " (by symbols; a map shows every object)")
    taken = image.taken()
    yield "takes", f"{group(taken.flash)} bytes of flash, {group(taken.ram)} of static RAM ({taken.by})"
    pool = image.elf.symbol("ucHeap")
    if pool is not None:
        yield "FreeRTOS", f"{span(pool.value, pool.value + pool.size)}: ucHeap, apart from malloc's heap"


def options(image: Linked) -> str:
    """Version and options of the library."""
    if not image.options:
        unknown = "unknown version and options: the image has no lines of Cairn's in .comment"
        return unknown if image.kind != "none" else "none"
    version = image.option("version")
    words = [f"{version >> 16}.{version >> 8 & 255}.{version & 255}" if version is not None else "unknown version"]
    words += [f"{text} {image.option(key)}" for key, text in (
        ("index.bits", "index bits"), ("granule", "granule"), ("check", "check level"))
        if image.option(key) is not None]
    words += [f"sites {value}" if key == "sites" and value else f"{key} {'on' if value else 'off'}"
              for key in SWITCHES if (value := image.option(key)) is not None]
    return ", ".join(words)


def heap(image: Linked) -> str:
    """The heap's range, and the symbols that give it."""
    if not image.has_known_region:
        return "by a port_heap_start() of the firmware's own"
    start, limit = image.start, image.limit
    if image.heap is None or start is None or limit is None:
        given = [f"{what} {found.by} {found.address:#010x}" for what, found in (("start", start), ("limit", limit))
                 if found is not None]
        return "none" + (f" ({', '.join(given)})" if given else "")
    return f"{span(image.heap.start, image.heap.end)}: from {start.by} to {limit.by}"


def stack(image: Linked) -> str:
    """Where the stack is, and how much is kept for it."""
    pointer = image.stack_pointer
    if image.stack is not None and image.stack.end > image.stack.start:
        starts = f"; the stack pointer starts at {pointer:#010x}" if pointer not in (None, image.stack.end) else ""
        return f"{span(image.stack.start, image.stack.end)}: {image.stack.what}{starts}"
    if pointer is None:
        arm = image.elf.machine == EM_ARM
        return "unknown: no symbols name it" + (", and no vector table was found" if arm else "")
    below = [part for part in (*image.parts(), *([image.heap] if image.heap else [])) if part.end <= pointer]
    inside = next((part for part in image.parts() if part.start < pointer < part.end), None)
    if inside is not None:
        return f"down from {pointer:#010x}, in {inside.what}"
    if not below:
        return f"down from {pointer:#010x}"
    last = max(below, key=lambda part: part.end)
    return f"{span(last.end, pointer)}: down from the stack pointer to {last.what}"


def above(image: Linked, heap_part: Part) -> str:
    """What follows the heap."""
    bank = image.bank(heap_part.start)
    ends = [Part(bank.end, bank.end, f"the end of {bank.what}")] if bank is not None else []
    stacks = [image.stack._replace(what="the stack")] if image.stack is not None else []
    pointer = image.stack_pointer
    if not stacks and pointer is not None and pointer > heap_part.end:
        stacks = [Part(heap_part.end, pointer, "the stack")]
    after = [part for part in (*stacks, *image.parts(), *ends) if part.start >= heap_part.end]
    if not after:
        return "nothing that is known"
    first = min(after, key=lambda part: part.start)
    gap = first.start - heap_part.end
    return (f"{group(gap)} bytes that are not used, then " if gap else "") + first.what


def span(start: int, end: int) -> str:
    """A range of addresses, with its size."""
    return f"{start:#010x} to {end:#010x}, {counted_bytes(end - start)}"


def counted_bytes(number: int) -> str:
    """A number of bytes: "1 byte", "2,048 bytes"."""
    return f"{group(number)} byte{'' if number == 1 else 's'}"


def told(findings: Sequence[Finding]) -> Iterator[str]:
    """The findings as lines, and their number."""
    for finding in findings:
        yield ""
        yield f"{'error' if finding.is_error else 'warning'}: {finding.text}"
        yield f"  {finding.remedy}"
    errors = sum(finding.is_error for finding in findings)
    yield ""
    yield f"{counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}"
