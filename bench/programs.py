# SPDX-License-Identifier: MIT
"""Runs real programs on emulated boards, each over its C library's malloc and over Cairn, and compares them.

    programs.py [--short] ... PROGRAM=BOARD...

The output must be bench/programs/PROGRAM.expected with every library and heap. Prints tables: the smallest heap region
in which it still is, instructions of the whole run, flash and static RAM of the image, instructions of malloc and
free. --short: only whether the output is the same, as TAP.

bench/region.py looks for the region. Figures are kept beside each image: what has not changed is not measured again.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any, Callable, NoReturn, Optional

import region
from table import geometric_mean, head, row

LIBRARIES: dict[str, list[str]] = {
    "newlib": [],
    "nano": ["--specs=nano.specs", "-u", "_printf_float", "-u", "_scanf_float"],
    "picolibc": ["--specs=picolibcpp.specs", "--oslib=semihost"],
}
TITLES = {"newlib": "newlib", "nano": "newlib-nano", "picolibc": "picolibc"}
HEAPS = ("own", "cairn")
SECONDS = 120  # a run that takes longer hangs
ICOUNT = 6  # an instruction is 2^6 ns: longer than a tick of SysTick on every board


def fail(message: str) -> NoReturn:
    """End with a sentence."""
    sys.exit(f"programs: {message}")


def command(words: list[str]) -> str:
    """The output of a command, which must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"{' '.join(words)[:300]}\n{done.stderr[-2000:]}")
    return done.stdout


@dataclass(frozen=True)
class Board:
    """An emulated board."""

    name: str
    machine: str
    memory: str
    cpu: list[str]


@dataclass
class Image:
    """A program with a C library and a heap: how it is linked and run, and what was measured."""

    args: argparse.Namespace
    program: str
    board: Board
    libc: str
    heap: str
    ram: int = 0
    flash: int = 0
    static: int = 0
    results: dict[str, int] = field(default_factory=dict)

    def name(self) -> str:
        """In messages."""
        return f"{self.program} with {TITLES[self.libc]} and {'Cairn' if self.heap == 'cairn' else 'its own malloc'}"

    def link(self, suffix: str = "", heap_size: Optional[int] = None, calls: bool = False) -> str:
        """The image, with a heap region of so many bytes; None: what the board has."""
        folder = os.path.join(self.args.build, self.board.name)
        tree = os.path.join(folder, "cairn-picolibc" if self.libc == "picolibc" else "cairn")
        runtime = ["boards/runtime/startup.o", "extras/semihosting.o"]
        runtime += [] if self.libc == "picolibc" else ["boards/runtime/syscalls.o"]
        image = os.path.join(folder, self.libc, f"{self.program}-{self.heap}{suffix}.elf")
        heap = "libcairn.a" if self.heap == "cairn" else "bench/libc-sbrk.o"
        command([f"{self.args.cross}gcc", *self.board.cpu, *self.args.link.split(), *LIBRARIES[self.libc],
                 "-T", self.board.memory, "-T", "linker/sections.ld",
                 *([] if heap_size is None else [f"-Wl,--defsym=_heap_size={heap_size}"]),
                 *(["-Wl,--wrap=malloc,--wrap=free,-u,__wrap_malloc"] if calls else []),
                 *(os.path.join(tree, part) for part in runtime),
                 os.path.join(folder, self.libc, f"{self.program}.a"), os.path.join(tree, heap),
                 "-l:libstdc++.a", "-lm", "-o", image])
        return image

    def run(self, image: str, *options: str) -> str:
        """What the program prints, without its results; a line more if it does not end well."""
        try:
            done = subprocess.run(
                ["qemu-system-arm", "-machine", self.board.machine, "-kernel", image, *options, "-chardev",
                 "stdio,id=console", "-semihosting-config", "enable=on,chardev=console", "-display", "none",
                 "-monitor", "none", "-serial", "none"],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"takes more than {SECONDS} seconds\n"
        output = ""
        for line in done.stdout.decode("latin-1").splitlines():
            found = re.match(r"result: (\w+) (\d+)$", line)
            if found and "-icount" in options:
                self.results[found[1]] = int(found[2])
            elif not found:
                output += line + "\n"
        return output if done.returncode == 0 else output + f"status {done.returncode}\n"

    def right(self) -> bool:
        """Is the output what it must be, with all the board's heap?"""
        output = self.run(self.link())
        if output == expected(self.args, self.program):
            return True
        print(f"programs: {self.name()} does not print {self.args.expected}/{self.program}.expected:\n{output}",
              file=sys.stderr)
        return False

    def measure(self, near: int) -> None:
        """All figures; the region is looked for near another one."""
        image, calls = self.link(), self.link("-calls", calls=True)
        text, data, bss = map(int, command([f"{self.args.cross}size", image]).splitlines()[1].split()[:3])
        self.flash, self.static = text + data, data + bss
        kept = self.kept(image)
        if kept.get("image") == digest(image, expected(self.args, self.program)):
            self.ram = kept["ram"]
        elif not self.right():
            fail("no figures of a program that prints something else")
        else:
            self.ram = self.smallest(image, near)
        if self.ram == kept.get("ram") and kept.get("calls") == digest(calls, ""):
            self.results = kept["results"]
        else:
            counted = ("-icount", f"shift={ICOUNT}")
            self.run(calls, *counted)
            self.run(image, *counted)  # the last: its instructions are the program's alone
            with open(f"{image}.figures", "w", encoding="ascii") as file:
                json.dump({"image": digest(image, expected(self.args, self.program)), "ram": self.ram,
                           "calls": digest(calls, ""), "results": self.results}, file)
        if sys.stderr.isatty():
            print(f"\r\033[K{self.name()}: {self.ram}", end="", file=sys.stderr, flush=True)

    @staticmethod
    def kept(image: str) -> dict[str, Any]:
        """What was measured before, from the file beside the image."""
        try:
            with open(f"{image}.figures", encoding="ascii") as file:
                return dict(json.load(file))
        except FileNotFoundError:
            return {}

    def smallest(self, image: str, near: int) -> int:
        """The smallest region."""
        symbols = {words[2]: int(words[0], 16) for words in
                   (line.split() for line in command([f"{self.args.cross}nm", image]).splitlines()) if len(words) == 3}
        return region.Smallest(lambda size: self.link("-fit", size),
                               lambda path: self.run(path) == expected(self.args, self.program),
                               symbols["__heap_limit"] - symbols["__heap_start"]).find(near)

    def calls(self, operation: str) -> str:
        """Mean and worst of the program's calls of it."""
        count = self.results[f"{operation}s"]
        mean = self.results[f"{operation}_all"] / count if count else 0
        return f"{mean:.0f} / {self.results[f'{operation}_longest']}" if count else "-"


def digest(path: str, text: str) -> str:
    """A sum over a file and a text."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read() + text.encode("latin-1")).hexdigest()


def measure_all(images: list[Image]) -> None:
    """The images of a program, one after the other: the regions are near each other."""
    near = 0
    for image in images:
        image.measure(near)
        near = image.ram


def expected(args: argparse.Namespace, program: str) -> str:
    """What a program must print."""
    path = f"{args.expected}/{program}.expected"
    if not os.path.exists(path):
        fail(f"there is no {path}")
    with open(path, encoding="latin-1") as file:
        return file.read()


# ---- Tables ----------------------------------------------------------------------------------------

Images = dict[tuple[str, str, str], Image]


def ratios(images: Images, programs: list[str], libc: str, of: Callable[[Image], float]) -> list[float]:
    """Cairn's value for each one of the C library's own malloc."""
    return [of(images[p, libc, "cairn"]) / of(images[p, libc, "own"]) for p in programs]


def compare(images: Images, programs: list[str], libcs: list[str], of: Callable[[Image], float],
            shown: Callable[[float], str]) -> None:
    """A table of a value: the C library's, Cairn's, and the ratio; below it the mean and the worst."""
    head(["program"] + [title for libc in libcs for title in (TITLES[libc], "Cairn", "ratio")])
    all_ratios = {libc: ratios(images, programs, libc, of) for libc in libcs}
    for number, program in enumerate(programs):
        cells: list[str] = []
        for libc in libcs:
            own, cairn = (of(images[program, libc, heap]) for heap in HEAPS)
            cells += [shown(own), shown(cairn), f"{all_ratios[libc][number]:.3f}"]
        row([program] + cells)
    summary(libcs, "geometric mean", lambda libc: f"**{geometric_mean(all_ratios[libc]):.3f}**")
    summary(libcs, "largest", lambda libc: f"{max(all_ratios[libc]):.3f}")


def summary(libcs: list[str], title: str, of: Callable[[str], str]) -> None:
    """A row below the ratios."""
    row([title] + [cell for libc in libcs for cell in ("", "", of(libc))])


def with_static(images: Images, program: str, libc: str) -> float:
    """The ratio of RAM if what Cairn has more of static RAM is added to its region."""
    own, cairn = (images[program, libc, heap] for heap in HEAPS)
    return (cairn.ram + cairn.static - own.static) / own.ram


def tables(images: Images, programs: list[str], libcs: list[str]) -> None:
    """All tables."""
    print("Smallest heap region, in bytes, in which the program still prints the same:\n")
    compare(images, programs, libcs, lambda image: image.ram, lambda value: f"{value:.0f}")
    summary(libcs, "geometric mean, with the difference of static RAM", lambda libc: "{:.3f}".format(
        geometric_mean(with_static(images, program, libc) for program in programs)))
    print("\nInstructions of the whole run, in millions, with all the heap that the board has:\n")
    compare(images, programs, libcs, lambda image: image.results["instructions"], lambda value: f"{value / 1e6:.2f}")
    print("\nFlash and static RAM of the whole image, in bytes, and what it needs more with Cairn:\n")
    head(["program"] + [f"{TITLES[libc]}: {title}" for libc in libcs for title in ("flash", "more", "static", "more")])
    for program in programs:
        cells: list[object] = []
        for libc in libcs:
            own, cairn = (images[program, libc, heap] for heap in HEAPS)
            cells += [own.flash, cairn.flash - own.flash, own.static, cairn.static - own.static]
        row([program, *cells])
    print("\nInstructions of the program's own calls of malloc and free, mean / longest, what they copy and clear "
          "counted:\n")
    head(["program", "mallocs"] + [f"{operation}: {title}" for operation in ("malloc", "free")
                                   for title in ["Cairn"] + [TITLES[libc] for libc in libcs]])
    for program in programs:
        columns = [images[program, libcs[0], "cairn"]] + [images[program, libc, "own"] for libc in libcs]
        row([program, columns[0].results["mallocs"],
             *(image.calls(operation) for operation in ("malloc", "free") for image in columns)])


def short(images: Images) -> int:
    """TAP: is every output the same? Returns the exit status."""
    print(f"1..{len(images)}")
    status = 0
    for number, image in enumerate(images.values(), 1):
        right = image.right()
        print(f"{'ok' if right else 'not ok'} {number} - {image.name()}")
        status |= not right
    return status


def main() -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for option in ("cross", "link", "build", "libcs"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--board", action="append", required=True, help="NAME=MACHINE=MEMORY=FLAGS")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--expected", default="bench/programs", help="the folder of what the programs must print")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("programs", nargs="+")
    args = parser.parse_args()
    boards = {}
    for text in args.board:
        name, machine, memory, cpu = text.split("=", 3)
        boards[name] = Board(name, machine, memory, cpu.split())
    libcs = args.libcs.split()
    images: Images = {}
    for text in args.programs:
        program, board = text.split("=")
        for libc in libcs:
            for heap in HEAPS:
                images[program, libc, heap] = Image(args, program, boards[board], libc, heap)
    if args.short:
        return short(images)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        programs = {program: [image for image in images.values() if image.program == program]
                    for program, _, _ in images}
        for done in [pool.submit(measure_all, of_one) for of_one in programs.values()]:
            done.result()
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    tables(images, list(dict.fromkeys(program for program, _, _ in images)), libcs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
