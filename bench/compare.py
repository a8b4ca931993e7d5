# SPDX-License-Identifier: MIT
"""Compares Cairn with the allocators of newlib, newlib-nano and picolibc, on recorded programs and emulated boards.

    compare.py ... --core CORE=MACHINE=FOLDER... TRACE...

Prints two tables. The first is of each core: RAM for each byte live at the peak (geometric mean of the traces), the
instructions of malloc, free and realloc (mean / max, traces pooled, heap of twice the peak), the flash of malloc and
free with all that they need but memcpy and its like, and what a firmware with printf (bench/hello.c) needs more of
flash and static RAM with Cairn in place of the library's allocator. The second is
the RAM of each trace. RAM is the smallest region that serves all requests, with the allocator's static RAM;
bench/region.py looks for it. It is the same on every core, since pointers are: it is measured on the last one.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import os
import sys
from typing import NamedTuple, Sequence

import region
import replay
import size
from table import geometric_mean, head, row

TITLES = {"cairn": "Cairn", "nano": "newlib-nano 3.3", "newlib": "newlib 3.3", "picolibc": "picolibc 1.8"}
OPERATIONS = ("malloc", "free", "realloc")


class Core(NamedTuple):
    """A core: the machine that runs its code, and where that is built."""

    name: str
    machine: str
    folder: str


def arguments(args: argparse.Namespace, core: Core, folder: str, icount: str) -> argparse.Namespace:
    """What bench/replay.py takes: an image's parts, and a folder of its own."""
    def parts(tree: str, *names: str) -> str:
        runtime = ["boards/runtime/startup.o", "extras/semihosting.o"]
        runtime += [] if tree else ["boards/runtime/syscalls.o"]
        shared = ["bench/trace.o", "bench/replay.o", "bench/meter.o", "extras/stack_paint.o"]
        return " ".join(os.path.join(core.folder, tree, name) for name in (*names, *shared, *runtime))

    return argparse.Namespace(
        emulator="qemu-system-arm", machine=core.machine, icount=icount,
        build=os.path.join(core.folder, folder), nm=f"{args.cross}nm",
        link=f"{args.cross}gcc -mcpu={core.name} -mthumb {args.link} -T {args.memory} -T linker/sections.ld",
        cairn=f"{parts('', 'bench/target-cairn.o')} {core.folder}/libcairn.a",
        libc=parts("", "bench/target.o", "bench/libc-sbrk.o"),
        picolibc=parts("picolibc", "bench/target.o", "bench/libc-sbrk.o"))


def ram(args: argparse.Namespace, core: Core, allocator: str, trace: str) -> float:
    """RAM for each byte that the trace has live at its peak."""
    of_replay = arguments(args, core, f"{replay.trace_name(trace)}/{allocator}", "")
    record = os.path.join(of_replay.build, "costs")
    peak = replay.peak_live(trace)

    def works(image: str) -> bool:
        wrong, results, _ = replay.attempt(of_replay, image, (trace, record))
        return not wrong and results["failures"] == 0

    most = 3 * peak // 8 * 8
    search = region.Smallest(lambda bytes_: replay.linked(of_replay, allocator, bytes_), works, most)
    if not search.fits(most):
        sys.exit(f"compare: {allocator}: {trace} needs more than {most} bytes")
    return (search.find(peak * 6 // 5) + replay.static_ram(of_replay, allocator, search.path)) / peak


def costs(args: argparse.Namespace, core: Core, allocator: str) -> dict[str, list[int]]:
    """Instructions of the calls of all traces, by operation."""
    pooled: dict[str, list[int]] = {}
    of_replay = arguments(args, core, f"costs-{allocator}", args.icount)
    for trace in args.traces:
        _, calls = replay.measure(of_replay, allocator, trace, 2 * replay.peak_live(trace))
        for operation, values in calls.items():
            pooled.setdefault(operation, []).extend(values)
    return pooled


def closure(tree: size.Tree, allocator: str) -> int:
    """Bytes of flash of malloc and free, and of what they need."""
    if allocator == "cairn":
        return tree.closure("malloc+free")[0]
    folder, flags = size.LIBRARIES[allocator]
    library = "-lc_nano" if allocator == "nano" else "-lc"
    parts = [tree.path("stubs.o"), tree.path(folder, "bench/libc-sbrk.o"), library, "-lgcc"]
    shared = [*flags[:1], "-nostdlib", "-T", tree.path("size.ld"), *parts]
    # A firmware has what newlib keeps for errno and stdio anyway.
    kept = "" if allocator == "picolibc" else ",-u,_impure_ptr"
    return tree.image(shared + [f"-Wl,-u,malloc,-u,free{kept}"])[0] - tree.image(shared + [f"-Wl,-u,memset{kept}"])[0]


def mean_and_max(calls: Sequence[int]) -> str:
    """Of the calls."""
    return f"{sum(calls) / len(calls):.1f} / {max(calls)}" if calls else ""


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for option in ("cross", "link", "memory", "board", "libcs", "startup"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--core", action="append", required=True, metavar="CORE=MACHINE=FOLDER")
    parser.add_argument("--icount", default="6", help="an instruction takes 2^this ns, more than a tick")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("traces", nargs="+")
    args = parser.parse_args()
    cores = [Core(*text.split("=")) for text in args.core]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        rams = {(allocator, trace): pool.submit(ram, args, cores[-1], allocator, trace)
                for trace in args.traces for allocator in TITLES}
        calls = {(core, allocator): pool.submit(costs, args, core, allocator)
                 for core in cores for allocator in TITLES}
        flash: dict[tuple[Core, str], int] = {}
        hello: dict[tuple[Core, str], size.Bytes] = {}
        for core in cores:
            tree = size.Tree(f"{core.name}/-Os={args.board}={core.folder}=-mcpu={core.name} -mthumb", args)
            tree.start()
            flash.update({(core, allocator): closure(tree, allocator) for allocator in TITLES})
            hello.update({(core, library): tree.hello(library) for library in size.LIBRARIES})
        head(["core", "allocator", "RAM / live", *OPERATIONS, "flash", "firmware with Cairn", "its static RAM"],
             columns_of_text=2)
        for core in cores:
            for allocator, title in TITLES.items():
                mean = geometric_mean(rams[allocator, trace].result() for trace in args.traces)
                by_operation = calls[core, allocator].result()
                more = [f"{value:+}" for value in hello.get((core, allocator), ())] or ["", ""]
                row([core.name, title, f"{mean:.3f}", *(mean_and_max(by_operation.get(o, [])) for o in OPERATIONS),
                     flash[core, allocator], *more])
        print("\nRAM for each live byte, by trace:\n")
        head(["trace", *TITLES.values()])
        for trace in args.traces:
            row([replay.trace_name(trace)] + [f"{rams[allocator, trace].result():.3f}" for allocator in TITLES])
        row(["geometric mean"] + [f"{geometric_mean(rams[a, t].result() for t in args.traces):.3f}" for a in TITLES])


if __name__ == "__main__":
    main()
