# SPDX-License-Identifier: MIT
"""Replays traces on an emulated board, with Cairn and with the C library's own allocators.

    replay.py bench ... TRACE...    allocator, trace, operation, calls, mean, p99, max: tab-separated
    replay.py run ... TRACE         layout of the image, one table, and a picture of the heap

Counts are instructions, taken exactly by the firmware (bench/meter.c); copying and clearing are
left out. calloc counts as malloc. Each image is linked for a heap of twice the trace's peak of
live bytes; `run` takes what the board has if that is less.
"""
from __future__ import annotations

import argparse
import os
import re
import struct
import subprocess
import sys
from typing import NoReturn, Sequence

# How each one is linked.
LINKED_WITH = {"nano": ["--specs=nano.specs"], "picolibc": ["--specs=picolibc.specs", "--oslib=semihost"]}
OPERATIONS = {"s": "start", "m": "malloc", "c": "malloc", "r": "realloc", "a": "memalign", "f": "free"}


def fail(message: str) -> NoReturn:
    """End with a sentence."""
    sys.exit(f"replay: {message}")


def trace_name(path: str) -> str:
    """The name of a trace, by its file's."""
    return os.path.splitext(os.path.basename(path))[0]


def peak_live(path: str) -> int:
    """The trace's peak_live_bytes, from its header; counted where the header does not say."""
    live = peak = 0
    sizes: dict[str, int] = {}
    with open(path, encoding="ascii") as trace:
        for line in trace:
            found = re.search(r"peak_live_bytes: (\d+)", line)
            if found:
                return int(found[1])
            if line.startswith("#") or not line.strip():
                continue
            kind, slot, *rest = line.split()
            live -= sizes.pop(slot, 0)
            if kind != "f":
                sizes[slot] = int(rest[-1])
                live += sizes[slot]
            peak = max(peak, live)
    return peak


def link(args: argparse.Namespace, allocator: str, heap: int | None, must: bool = True) -> str | None:
    """The replay image of an allocator, with `heap` bytes of heap; None leaves that to the board.
    Returns None if it does not fit and need not."""
    os.makedirs(args.build, exist_ok=True)
    image = os.path.join(args.build, f"{allocator}.elf")
    objects = allocator if allocator in ("cairn", "picolibc") else "libc"
    command: list[str] = args.link.split() + getattr(args, objects).split()
    command += [option for option in LINKED_WITH.get(allocator, []) if option not in command]
    if heap is not None:
        command.append(f"-Wl,--defsym=_heap_size={heap}")
    done = subprocess.run(command + ["-o", image], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return image
    if must:
        fail(f"the image for {allocator} does not link:\n{done.stderr}")
    return None


def linked(args: argparse.Namespace, allocator: str, heap: int | None) -> str:
    """The same, which must fit."""
    return link(args, allocator, heap) or fail(f"the image for {allocator} does not link")


def attempt(args: argparse.Namespace, image: str, words: Sequence[str]) -> tuple[str, dict[str, int], list[str]]:
    """Run the image; without an icount its instructions are not counted. Returns what went wrong, if anything; its
    results by name; its other lines."""
    arguments = ",".join(f"arg={word}" for word in ("replay", *words))
    counted = ["-icount", f"shift={args.icount}"] if args.icount else []
    done = subprocess.run(
        [*args.emulator.split(), "-machine", args.machine, *counted, "-kernel", image,
         "-chardev", "stdio,id=console", "-semihosting-config", f"enable=on,chardev=console,{arguments}",
         "-display", "none", "-monitor", "none", "-serial", "none"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
    results: dict[str, int] = {}
    lines: list[str] = []
    for line in done.stdout.splitlines():
        found = re.match(r"result: (\w+) (\d+)$", line)
        if found:
            results[found[1]] = int(found[2])
        else:
            lines.append(line)
    where = f" (line {results['line']} of the trace)" if "line" in results else ""
    wrong = f"{image}: {' '.join(lines) or done.stderr.strip()}{where}" if done.returncode != 0 else ""
    return wrong, results, lines


def qemu(args: argparse.Namespace, image: str, *words: str) -> tuple[dict[str, int], list[str]]:
    """Run the image, which must end well. Returns its results by name, and its other lines."""
    wrong, results, lines = attempt(args, image, words)
    if wrong:
        fail(wrong)
    return results, lines


def costs(path: str) -> dict[str, list[int]]:
    """Instructions of each call, by operation."""
    found: dict[str, list[int]] = {}
    with open(path, "rb") as records:
        for kind, cost in struct.iter_unpack("<cI", records.read()):
            found.setdefault(OPERATIONS[kind.decode()], []).append(cost)
    return found


def figures(calls: Sequence[int]) -> tuple[int, float, int, int]:
    """How many there are, their mean, the 99th percentile, and the largest."""
    calls = sorted(calls)
    return len(calls), sum(calls) / len(calls), calls[min(len(calls) - 1, len(calls) * 99 // 100)], calls[-1]


def measure(args: argparse.Namespace, allocator: str, trace: str,
            heap: int | None) -> tuple[dict[str, int], dict[str, list[int]]]:
    """A replay: its results by name, and the instructions of its calls."""
    image = linked(args, allocator, heap)
    record = os.path.join(args.build, "costs")
    results, _ = qemu(args, image, trace, record)
    return results, costs(record)


def progress(text: str) -> None:
    """Show on a terminal what is going on."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def bench(args: argparse.Namespace) -> None:
    """The rows of all traces."""
    pooled: dict[tuple[str, str], list[int]] = {}
    for trace in args.traces:
        if link(args, "cairn", 2 * peak_live(trace), must=False) is None:
            print(f"skipped {trace_name(trace)}: twice its peak is more heap than this board has", file=sys.stderr)
            continue
        for allocator in args.allocators.split():
            progress(f"{allocator}: {trace_name(trace)}")
            results, calls = measure(args, allocator, trace, 2 * peak_live(trace))
            if results["failures"]:
                print(f"{allocator}: {trace_name(trace)}: {results['failures']} requests were refused",
                      file=sys.stderr)
            for operation in sorted(calls):
                print_row(allocator, trace_name(trace), operation, calls[operation])
                pooled.setdefault((allocator, operation), []).extend(calls[operation])
    if len(args.traces) > 1:
        for (allocator, operation), all_calls in sorted(pooled.items()):
            print_row(allocator, "all", operation, all_calls)
    progress("")


def print_row(allocator: str, trace: str, operation: str, calls: Sequence[int]) -> None:
    """One row."""
    count, mean, p99, worst = figures(calls)
    print(f"{allocator}\t{trace}\t{operation}\t{count}\t{mean:.1f}\t{p99}\t{worst}", flush=True)


def symbols(args: argparse.Namespace, image: str) -> dict[str, int]:
    """The values of an image's symbols."""
    text = subprocess.run([args.nm, image], capture_output=True, text=True, check=True).stdout
    lines = (line.split() for line in text.splitlines() if line.count(" ") == 2)
    return {name: int(value, 16) for value, _, name in lines}


def print_layout(args: argparse.Namespace, image: str, heap: int, stack: int) -> None:
    """Where everything lies. In use: the heap at its highest break, the stack at its deepest."""
    text = subprocess.run([args.size, "-A", image], capture_output=True, text=True, check=True).stdout
    sections = {f[0]: (int(f[1]), int(f[2])) for f in (line.split() for line in text.splitlines())
                if len(f) == 3 and f[1].isdigit()}
    s = symbols(args, image)
    rows = [(name, address, size, size) for name in ("text", "data", "bss") for size, address in [sections["." + name]]]
    rows += [("heap", s["__heap_start"], s["__heap_limit"] - s["__heap_start"], heap),
             ("stack", s["__stack_limit"], s["__stack_top"] - s["__stack_limit"], stack)]
    print(f"Layout of the image with Cairn on {args.board}:\n")
    print(f"  {'':8}{'address':>12}{'bytes':>10}{'in use':>10}")
    for name, address, size, used in rows:
        print(f"  {name:8}{address:#12x}{size:10}{used:10}")
    print()


def static_ram(args: argparse.Namespace, allocator: str, image: str) -> int:
    """Bytes of .data and .bss that the allocator keeps beside its heap, by its own symbols."""
    known = {"cairn": ("cairn_system_state",),
             "newlib": ("__malloc_av_", "__malloc_current_mallinfo", "__malloc_max_sbrked_mem",
                        "__malloc_max_total_mem", "__malloc_sbrk_base", "__malloc_top_pad", "__malloc_trim_threshold"),
             "nano": ("__malloc_free_list", "__malloc_sbrk_start"),
             "picolibc": ("__malloc_free_list", "__malloc_sbrk_start", "__malloc_sbrk_top")}[allocator]
    text = subprocess.run([args.nm, "-S", image], capture_output=True, text=True, check=True).stdout
    return sum(int(f[1], 16) for f in (line.split() for line in text.splitlines()) if len(f) == 4 and f[3] in known)


def run(args: argparse.Namespace) -> None:
    """The layout, the table and the picture of one trace."""
    trace = args.traces[0]
    peak = peak_live(trace)
    if peak == 0:
        fail(f"{trace} holds no operation that takes memory")
    rows = []
    heap: int | None = 2 * peak
    if link(args, "cairn", heap, must=False) is None:
        heap = None
    for allocator in args.allocators.split():
        progress(f"{trace_name(trace)}: {allocator} ...")
        results, calls = measure(args, allocator, trace, heap)
        image = os.path.join(args.build, f"{allocator}.elf")
        ram = results["ram"] + static_ram(args, allocator, image)
        row = f"  {allocator:8}{ram:12}{f'{ram / peak:.3f}':>8}"
        for operation, width in (("malloc", 13), ("free", 11)):
            _, mean, _, worst = figures(calls.get(operation, [0]))
            row += f"{f'{mean:.1f}':>{width}}{worst:7}"
        rows.append(row + f"{results['failures']:9}")
        if allocator == "cairn":
            cairn = results
    progress("")
    image = os.path.join(args.build, "cairn.elf")
    print_layout(args, image, cairn["ram"], cairn["stack"])
    print(f"{trace_name(trace)} on {args.board}: {results['ops']} operations, {peak} bytes live at the peak.")
    print("Instructions a call, lock and checks included, copying and clearing left out:\n")
    print(f"  {'':8}{'RAM needed':>12}{'/ live':>8}{'malloc mean':>13}{'worst':>7}{'free mean':>11}{'worst':>7}"
          f"{'refused':>9}")
    print(*rows, sep="\n")
    results, lines = qemu(args, image, trace, "picture", str(cairn["highest"]))
    print(f"\nCairn's heap at its fullest (operation {cairn['highest']}), {results['cell']} bytes a sign:")
    print("  # used  + mostly used  - mostly free  . free  c control data\n")
    for line in lines:
        print(f"  {line}")


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=("run", "bench"))
    for option in ("machine", "icount", "build", "link", "cairn", "libc", "nm"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--emulator", default="qemu-system-arm")
    parser.add_argument("--allocators", default="cairn newlib nano", help="the first one is Cairn")
    parser.add_argument("--picolibc", default="")
    parser.add_argument("--board", default="")
    parser.add_argument("--size", default="")
    parser.add_argument("traces", nargs="+")
    args = parser.parse_args()
    for trace in args.traces:
        if not os.path.exists(trace):
            fail(f"there is no trace {trace}")
    (run if args.command == "run" else bench)(args)


if __name__ == "__main__":
    main()
