# SPDX-License-Identifier: MIT
"""What Cairn costs a firmware: bytes of flash (code and constants) and of static RAM, by core, optimization of
the library, and what the firmware calls.

    size.py --cross PREFIX --link FLAGS [--budget FILE] [--jobs N] CORE/OPTIMIZATION=BOARD=FOLDER=CPU_FLAGS...

Prints, tab-separated: core, optimization, closure, bytes of flash, bytes of static RAM (.data and .bss).
FOLDER holds what bench/size.mk builds: the library, the same for picolibc, the same with a region whose ends
are named (`fixed`), and the objects of a firmware.

A closure is what the linker keeps of libcairn.a for a firmware that calls these functions, less the same
firmware without them. memcpy, memmove, memset, write and __errno or errno are the C library's, and empty here.

`hello, <library>` is a whole firmware, bench/hello.c, with that C library and Cairn, less the same firmware
with the library's own malloc and the sbrk() that this one needs. What is below 0, Cairn saves.

Fails if a row is above its budget.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
from typing import Iterator, Optional, Sequence

Bytes = tuple[int, int]  # of flash, and of static RAM
Limits = Sequence[Optional[int]]

FAMILY = ("malloc free calloc realloc reallocf reallocarray memalign aligned_alloc posix_memalign valloc pvalloc cfree "
          "malloc_usable_size malloc_trim mallopt mallinfo sbrk").split()
REENTRANT = ("_malloc_r _free_r _calloc_r _realloc_r _reallocf_r _memalign_r _valloc_r _pvalloc_r _cfree_r "
             "_malloc_usable_size_r _malloc_trim_r _mallopt_r _mallinfo_r _sbrk _sbrk_r "
             "__malloc_lock __malloc_unlock").split()
PRIVATE = ("cairn_init cairn_malloc cairn_calloc cairn_free cairn_realloc cairn_aligned_alloc "
           "cairn_usable_size").split()
INSPECTION = "cairn_stats cairn_walk cairn_check cairn_reason_text malloc_stats _malloc_stats_r".split()
# What newlib's printf() calls.
PRINTF = "malloc free realloc calloc _malloc_r _free_r _realloc_r _calloc_r".split()
# The folder of the library, and what is called of it.
CLOSURES = {
    "malloc+free": ("", ["malloc", "free"]),
    "malloc+free, fixed ends": ("fixed", ["malloc", "free"]),
    "malloc+free+sbrk": ("", ["malloc", "free", "sbrk"]),
    "printf": ("", PRINTF),
    "family": ("", FAMILY + REENTRANT),
    "all": ("", FAMILY + REENTRANT + PRIVATE),
    "all+inspection": ("", FAMILY + REENTRANT + PRIVATE + INSPECTION),
}
# The folder of the library, and how a firmware is linked with this C library.
LIBRARIES: dict[str, tuple[str, list[str]]] = {
    "newlib": ("", []),
    "nano": ("", ["--specs=nano.specs"]),
    "picolibc": ("picolibc", ["--specs=picolibc.specs", "--oslib=semihost"]),
}
STUBS = """
#include <stddef.h>
void reset_handler(void);
void *memcpy(void *to, const void *from, size_t n) { (void)from; (void)n; return to; }
void *memmove(void *to, const void *from, size_t n) { (void)from; (void)n; return to; }
void *memset(void *to, int c, size_t n) { (void)c; (void)n; return to; }
int write(int f, const void *p, size_t n) { (void)f; (void)p; return (int)n; }
int *__errno(void) { static int e; return &e; }
#ifdef __riscv
_Thread_local int errno; /* picolibc's */
#endif
void *volatile kept[5];
void reset_handler(void) { kept[0] = (void *)memcpy; kept[1] = (void *)memmove; kept[2] = (void *)memset;
    kept[3] = (void *)__errno; kept[4] = (void *)write; for (;;) ; }
"""
SCRIPT = """
MEMORY { FLASH : ORIGIN = 0, LENGTH = 1M  RAM : ORIGIN = 0x20000000, LENGTH = 64K }
ENTRY(reset_handler)
SECTIONS {
  .text : { *(.text* .rodata* .srodata*) } >FLASH
  .ARM.exidx : { *(.ARM.exidx*) } >FLASH
  .data : { *(.data* .sdata*) } >RAM AT>FLASH
  .bss : { *(.bss* .sbss* COMMON) } >RAM
  __heap_start = .; __heap_limit = ORIGIN(RAM) + LENGTH(RAM) - 4K;
}
"""


def run(command: Sequence[str]) -> str:
    """The output of a command, which must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"size: {' '.join(command)}\n{done.stderr}")
    return done.stdout


def less(left: Bytes, right: Bytes) -> Bytes:
    """The difference."""
    return left[0] - right[0], left[1] - right[1]


class Tree:
    """What was built for a core at an optimization, and the images that are linked of it."""

    def __init__(self, name: str, args: argparse.Namespace) -> None:
        row, self.board, self.folder, cpu = name.split("=", 3)
        self.core, self.optimization = row.split("/")
        self.cross, self.link, self.cpu = args.cross, args.link.split(), cpu.split()
        self.plain, self.startup = args.libcs.split()[0], args.startup
        self.empty: Bytes = (0, 0)

    def path(self, *names: str) -> str:
        """A file in the folder."""
        return os.path.join(self.folder, *names)

    def image(self, words: Sequence[str]) -> Bytes:
        """Bytes of flash and of static RAM of a firmware that is linked so."""
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".elf") as file:
            run([self.cross + "gcc", *self.cpu, *self.link, *words, "-o", file.name])
            text, data, bss = map(int, run([self.cross + "size", file.name]).splitlines()[1].split()[:3])
        return text + data, data + bss

    def start(self) -> None:
        """Write what the firmwares of closures consist of, and measure the one that calls nothing."""
        for name, text in (("size.ld", SCRIPT), ("stubs.c", STUBS)):
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(text)
        run([self.cross + "gcc", *self.cpu, self.optimization, "-fno-builtin", "-ffunction-sections",
             "-c", self.path("stubs.c"), "-o", self.path("stubs.o")])
        self.empty = self.keep("", [])

    def keep(self, folder: str, kept: Sequence[str]) -> Bytes:
        """A firmware that calls these functions of the library in the folder."""
        wanted = [f"-Wl,-u,{name}" for name in kept]
        parts = [self.path("stubs.o"), self.path("extras/trace_ring.o"), self.path(folder, "libcairn.a")]
        return self.image(["-nostdlib", "-T", self.path("size.ld"), *wanted, *parts, "-lgcc"])

    def closure(self, name: str) -> Bytes:
        """A closure, less the firmware that calls nothing."""
        return less(self.keep(*CLOSURES[name]), self.empty)

    def hello(self, library: str) -> Bytes:
        """Both firmwares of bench/hello.c."""
        folder, flags = LIBRARIES[library]
        folder = "" if library == self.plain else folder
        parts = ["bench/hello.o", f"boards/runtime/{self.startup}.o", "extras/semihosting.o"]
        parts += ["boards/runtime/syscalls.o"] if library != "picolibc" else []
        shared = [*flags, "-T", f"boards/{self.board}/memory.ld", "-T", "linker/sections.ld",
                  *(self.path(folder, part) for part in parts)]
        cairn = [self.path(folder, "extras/trace_ring.o"), self.path(folder, "libcairn.a")]
        return less(self.image(shared + cairn), self.image(shared + [self.path(folder, "bench/libc-sbrk.o")]))


def read_budget(path: str) -> dict[tuple[str, str], Limits]:
    """(core and optimization, closure) -> bytes of flash and of static RAM, None where there is no limit."""
    budget: dict[tuple[str, str], Limits] = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if words and len(words) < 4:
                sys.exit(f"size: {path}:{number}: not a core, a closure and two numbers")
            if words:
                budget[words[0], " ".join(words[1:-2])] = [None if w == "-" else int(w) for w in words[-2:]]
    return budget


def wrong_with(row: tuple[str, str], found: Bytes, limits: Limits) -> Iterator[str]:
    """What is above its budget, in words."""
    for bytes_found, limit, kind in zip(found, limits, ("flash", "static RAM")):
        if limit is not None and bytes_found > limit:
            yield f"{': '.join(row)}: {bytes_found} bytes of {kind}, above the budget of {limit}"


def main() -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cross", default="arm-none-eabi-")
    parser.add_argument("--link", required=True, help="flags of every link")
    parser.add_argument("--libcs", default="newlib nano picolibc", help="the first one is that of FOLDER itself")
    parser.add_argument("--startup", default="startup")
    parser.add_argument("--budget")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("trees", nargs="+", metavar="tree")
    args = parser.parse_args()
    budget = read_budget(args.budget) if args.budget else {}
    wrong: list[str] = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for tree in [Tree(name, args) for name in args.trees]:
            tree.start()
            rows = {name: pool.submit(tree.closure, name) for name in CLOSURES}
            rows.update((f"hello, {name}", pool.submit(tree.hello, name)) for name in args.libcs.split())
            for name, future in rows.items():
                print(tree.core, tree.optimization, name, *future.result(), sep="\t", flush=True)
                row = f"{tree.core}/{tree.optimization}", name
                wrong += wrong_with(row, future.result(), budget.pop(row, (None, None)))
            wrong += [f"{core}: {name}: a budget for what there is not" for core, name in budget
                      if core == f"{tree.core}/{tree.optimization}"]
    for what in wrong:
        print(f"size: {what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
