# SPDX-License-Identifier: MIT
"""The figures of the documents, from one table: docs/figures.tsv. bench/documents.py says how a document names them.

    figures.py write [SOURCE...]        measure, or only these sources; write the table and the documents
    figures.py fill                     write the documents from the table, as it is
    figures.py check                    does each document show what the table has?
    figures.py put DOCUMENT COMMAND     what COMMAND printed, from standard input, into the document
    figures.py put --check ...          is it there?

The table has the figures that documents name, and no others, tab-separated: name, value, unit, and the command that
prints it. The status is 1 for a figure that is wrong, 2 for wrong usage.
"""
from __future__ import annotations

import argparse
import difflib
import functools
import glob
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable, Iterator, Mapping, NamedTuple, NoReturn, Sequence

import documents

TABLE = "docs/figures.tsv"
HEAD = """# The figures of the documents, as `make figures` measured them: name, value, unit, command.
#
# SPDX-License-Identifier: MIT
"""
# What a caller of `make figures` chose is not what the documents are about.
CHOICES = ("MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES OPT CPU CORE BOARD TRACE TRACES "
           "SIZE_CORES SIZE_LEVELS SIZE_OPTION WERROR").split()
LOGS = "build/figures"
SHOWN = 30  # errors


class Figure(NamedTuple):
    """A row of the table, without its name."""

    value: str
    unit: str
    command: str


Found = tuple[str, str, str]  # name, value, unit
Reader = Callable[[str], Iterator[Found]]
Table = dict[str, Figure]


@dataclass(frozen=True)
class Source:
    """A command that prints figures, and how to read them."""

    name: str
    command: str
    read: Reader
    # What it prints is in this document as a whole, put there by the command itself or indented.
    quoted_in: str = ""
    puts_itself: bool = False


def rows(output: str, columns: int) -> Iterator[list[str]]:
    """The lines of so many columns."""
    return (row for row in (line.split("\t") for line in output.splitlines()) if len(row) == columns)


def number(pattern: str, output: str) -> str:
    """The number in the one place where the pattern matches."""
    found = re.findall(pattern, output, re.MULTILINE)
    if len(set(found)) != 1:
        raise LookupError(f"{len(found)} places match '{pattern}', not one")
    return str(found[0])


def core(name: str) -> str:
    """In names: m3 for cortex-m3, rv32 for virt-rv32."""
    return name.removeprefix("cortex-").removeprefix("virt-")


# ---- What each command prints ----------------------------------------------------------------------


def read_fit(output: str) -> Iterator[Found]:
    """`make fit`."""
    for name, _, _, ratio in rows(output, 4):
        yield f"fit.{name}", f"{float(ratio):.3f}", "bytes of heap for each live byte"
    mean = float(number("^geometric mean ([0-9.]+)$", output))
    yield "fit.mean", f"{mean:.3f}", "bytes of heap for each live byte"


def read_floor(output: str) -> Iterator[Found]:
    """bench/floor.py."""
    for header, ratio in rows(output, 2):
        yield f"floor.{header}", f"{float(ratio):.3f}", "bytes of heap for each live byte"
        yield f"floor.{header}.percent", f"{100 * float(ratio) - 100:.1f}", "% above the live bytes"


def read_control(output: str) -> Iterator[Found]:
    """bench/control.c."""
    for size, control in rows(output, 2):
        yield f"control.{size}", control, "bytes"


def read_run(output: str) -> Iterator[Found]:
    """`make run`."""
    columns = ("ram", "ratio", "malloc.mean", "malloc.max", "free.mean", "free.max", "refused")
    units = ("bytes", "bytes of RAM for each live byte", *["instructions"] * 4, "requests")
    yield "run.operations", number("([0-9]+) operations, ", output), "calls"
    yield "run.peak", number(", ([0-9]+) bytes live at the peak", output), "bytes"
    for name in ("cairn", "newlib", "nano"):
        for column, value, unit in zip(columns, number(f"^  {name}  +(.*)$", output).split(), units):
            yield f"run.{name}.{column}", value, unit


def read_bench(of_core: str, output: str) -> Iterator[Found]:
    """`make bench`, the rows of all traces."""
    for allocator, trace, operation, _, mean, _, most in rows(output, 7):
        if trace == "all":
            yield f"bench.{of_core}.{operation}.{allocator}.mean", mean, "instructions"
            yield f"bench.{of_core}.{operation}.{allocator}.max", most, "instructions"


def read_size(output: str) -> Iterator[Found]:
    """`make size`, and what the library at -O2 has more than at -Os."""
    of_small: dict[str, int] = {}
    for of_core, level, closure, *both in rows(output, 5):
        for kind, value in zip(("flash", "ram"), both):
            name = f"{kind}.{closure.replace(', ', '.').replace(' ', '-')}"
            yield f"size.{core(of_core)}.{level[1:]}.{name}", value, "bytes"
            more = int(value) - of_small.setdefault(f"{of_core}.{name}", int(value))
            if level == "-O2":
                yield f"size.{core(of_core)}.O2-Os.{name}", str(more), "bytes"


def read_static(output: str) -> Iterator[Found]:
    """The columns data and bss of `size`, of an archive: by the object, and their sum."""
    most = 0
    for words in (line.split() for line in output.splitlines()):
        if len(words) >= 6 and words[0].isdigit() and int(words[1]) + int(words[2]):
            most += int(words[1]) + int(words[2])
            yield f"static.{words[5].removesuffix('.o')}", str(int(words[1]) + int(words[2])), "bytes"
    yield "static.all", str(most), "bytes"


def read_bound(output: str) -> Iterator[Found]:
    """`make bound`."""
    names = {2: "instructions", 3: "measured", 5: "cycles", 6: "off", 8: "off-cycles"}
    for row in rows(output, 9):
        of_core, _, level = row[0].partition("/")
        for column, name in names.items():
            if row[column].isdigit():
                unit = "cycles" if name.endswith("cycles") else "instructions"
                yield f"bound.{core(of_core)}.{level[1:]}.{row[1]}.{name}", row[column], unit


def read_cost(output: str) -> Iterator[Found]:
    """`make cost`; the name of an option, the last one of several, without its prefix and value."""
    columns = ("flash", "ram", "malloc.mean", "malloc.max", "free.mean", "free.max")
    for option, *values in rows(output, 7):
        for column, value in zip(columns, values):
            name = option.rpartition(",")[2].removeprefix("CAIRN_").partition("=")[0].lower()
            if re.fullmatch("[0-9.]+", value):
                yield f"cost.{name}.{column}", value, "bytes" if column in ("flash", "ram") else "instructions"


def read_masked(output: str) -> Iterator[Found]:
    """tests/target/masked.c."""
    found = re.findall("^# longest masked stretch, instructions, (.*) ([0-9]+)$", output, re.MULTILINE)
    yield "masked.max", str(max(int(value) for _, value in found)), "instructions"
    yield "masked.check", str(dict(found)["a check in steps"]), "instructions"


def read_freertos(heap: str, output: str) -> Iterator[Found]:
    """tests/freertos/cost.c."""
    for function in ("pvPortMalloc", "vPortFree"):
        for name, word in (("mean", "mean"), ("max", "longest")):
            value = number(f"^# {function}, {word}: ([0-9]+)$", output)
            yield f"freertos.{heap}.{function}.{name}", value, "instructions"


def read_latency(output: str) -> Iterator[Found]:
    """tests/freertos/latency.c. The delay above the ceiling is the same for all that a task does."""
    yield "freertos.latency.without", number("^# longest delay without a heap, ticks: ([0-9]+)$", output), "ticks"
    yield "freertos.latency.above", number("^# longest delay above the ceiling, ticks: ([0-9]+)$", output), "ticks"


def read_stepping(of_core: str, output: str) -> Iterator[Found]:
    """tests/stepping."""
    yield f"stepping.{of_core}.paths", number("^# paths: ([0-9]+)$", output), "paths"
    yield f"stepping.{of_core}.instructions", number("^# their instructions,.*: ([0-9]+)$", output), "instructions"
    yield f"stepping.{of_core}.at-once", number("^# .* the interrupt came there: ([0-9]+)$", output), "instructions"


def read_states(output: str) -> Iterator[Found]:
    """tests/exhaustive, one exploration in its short form."""
    yield "states.granules", number("heap of ([0-9]+) granules, ", output), "granules"
    yield "states.states", number(" ([0-9]+) states, ", output), "states"
    yield "states.calls", number(" ([0-9]+) edges, ", output), "calls"


def read_matrix(output: str) -> Iterator[Found]:
    """`make matrix`."""
    tries = [int(number(f"([0-9,]+) tries at level {level}", output).replace(",", "")) for level in (1, 2)]
    yield "matrix.millions", f"{sum(tries) / 1e6:.1f}", "million tries"


def read_damage(output: str) -> Iterator[Found]:
    """tests/gdb/damage.py, of two libraries."""
    for name, tree in (("plain", "mps2-an385"), ("guarded", "mps2-an385/guarded")):
        last = f"\\nok .*: {tree}$"
        yield f"damage.{name}.sure", number(f"^# ([0-9.]+) % of the blocks, .*{last}", output), "% of the blocks"
        yield f"damage.{name}.tried", number(f" of the blocks, in ([0-9]+) damages{last}", output), "damages"
        yield f"damage.{name}.wrong", number(f"^# with 4 to 64 .* ([0-9]+) times of .*{last}", output), "damages"
        yield f"damage.{name}.runs", number(f" times of ([0-9]+){last}", output), "damages"


def cells(table: str) -> Iterator[list[str]]:
    """The rows of a table in Markdown, without its head."""
    for line in table.splitlines()[2:]:
        yield [cell.strip(" *") for cell in line.strip("|").split("|")]


def read_programs(output: str) -> Iterator[Found]:
    """`make programs`: its first two tables, ratios of Cairn to each C library's own malloc."""
    names = {"geometric mean": "mean", "geometric mean, with the difference of static RAM": "mean-with-static"}
    for kind, table in zip(("ram", "instructions"), output.split("\n\n")[1:4:2]):
        programs = 0
        for name, *values in cells(table):
            programs += bool(values[0])
            for libc, ratio in zip(("newlib", "nano", "picolibc"), values[2::3]):
                if ratio and not name.startswith("aim"):
                    yield f"programs.{kind}.{names.get(name, name)}.{libc}", ratio, "times the library's own"
    yield "programs.count", str(programs), "programs"


def read_compare(output: str) -> Iterator[Found]:
    """`make compare`: its first table."""
    names = {"Cairn": "cairn", "newlib": "newlib", "newlib-nano": "nano", "picolibc": "picolibc"}
    for of_core, allocator, ram, *calls, flash, more, static in cells(output.split("\n\n")[0]):
        name = f"{core(of_core)}.{names[allocator.split()[0]]}"
        yield f"compare.{name}.ram", ram, "bytes of RAM for each live byte"
        for operation, both in zip(("malloc", "free", "realloc"), calls):
            for kind, value in zip(("mean", "max"), both.split(" / ")):
                yield f"compare.{name}.{operation}.{kind}", value, "instructions"
        yield f"compare.{name}.flash", flash, "bytes"
        if more:
            yield f"compare.{name}.more.flash", more.removeprefix("+"), "bytes"
            yield f"compare.{name}.more.ram", static.removeprefix("+"), "bytes"


def read_nothing(_: str) -> Iterator[Found]:
    """A command whose output is quoted as a whole."""
    return iter(())


def read_small(output: str) -> Iterator[Found]:
    """examples/hello on a board with 8 KiB: sections, symbols, and what the example prints."""
    symbols = {name: int(value, 16) for value, name in re.findall("^([0-9a-f]+) [A-Z] (_.*)$", output, re.MULTILINE)}
    heap = symbols["__heap_limit"] - symbols["__heap_start"]
    control = number("([0-9]+) control data", output)
    yield "small.data", number(r"^\.data +([0-9]+) ", output), "bytes"
    yield "small.bss", number(r"^\.bss +([0-9]+) ", output), "bytes"
    yield "small.heap", str(heap), "bytes"
    yield "small.stack", str(symbols["__stack_top"] - symbols["__stack_limit"]), "bytes"
    yield "small.deepest", number("^stack: ([0-9]+) bytes used at most", output), "bytes"
    yield "small.never", number("at most, ([0-9]+) never", output), "bytes"
    yield "small.control", control, "bytes"
    yield "small.control.percent", f"{100 * int(control) / heap:.1f}", "% of the heap"
    yield "small.used", number("^heap: ([0-9]+) bytes used", output), "bytes"
    yield "small.free", number("used, ([0-9]+) free", output), "bytes"
    yield "small.grow", number("([0-9]+) to grow", output), "bytes"


def read_count(name: str, output: str) -> Iterator[Found]:
    """A number by itself."""
    yield f"count.{name}", number("^ *([0-9]+)$", output), "files" if name != "flags" else "images"


def image(path: str) -> str:
    """A command that builds a test image and runs it."""
    return f"make -s build/{path}.elf && tests/run-one build/{path}.elf"


def count(name: str, command: str) -> Source:
    """A source that counts."""
    return Source("count", command, functools.partial(read_count, name))


HELLO = "stm32vldiscovery/example/hello"
EXPLORE = "build/exhaustive/32/explore"
LIBRARY = "build/mps2-an385/libcairn.a"
LINKED = "build/mps2-an385/newlib/foreign/stm32cube"
SOURCES = [
    Source("fit", "make fit", read_fit),
    Source("floor", "python3 bench/floor.py tests/traces/*.trace", read_floor),
    Source("control", "make -s build/host/control && build/host/control", read_control),
    Source("run", "make run", read_run),
    *(Source("bench", f"make bench{words}", functools.partial(read_bench, name)) for name, words in (
        ("m3.Os", ""), ("m3.O2", " OPT=-O2 BUILD=build/fast"),
        ("m0.Os", " CORE=cortex-m0"), ("m0.O2", " CORE=cortex-m0 OPT=-O2 BUILD=build/fast"))),
    Source("size", "make size", read_size),
    Source("static", f"make -s {LIBRARY} && arm-none-eabi-size {LIBRARY}", read_static),
    Source("bound", "make bound", read_bound),
    Source("cost", "make cost", read_cost),
    Source("masked", image("mps2-an385/newlib/target/masked"), read_masked),
    *(Source("freertos", image(f"mps2-an385/newlib/freertos/cost-{heap}"), functools.partial(read_freertos, heap))
      for heap in ("system", "ucheap")),
    Source("freertos", image("mps2-an385/newlib/freertos/latency-system"), read_latency),
    *(Source("stepping", image(f"{board}/newlib/stepping/every_instruction"), functools.partial(read_stepping, name))
      for name, board in (("m0", "microbit"), ("m3", "mps2-an385"), ("m33", "mps2-an505"))),
    Source("small", f"{image(HELLO)} && arm-none-eabi-size -A build/{HELLO}.elf && arm-none-eabi-nm build/{HELLO}.elf",
           read_small),
    Source("states", f"make -s {EXPLORE} && {EXPLORE} private short", read_states),
    Source("damage", "make -s damage-images && tests/scripts/gdb-damage.t", read_damage),
    Source("matrix", "make matrix", read_matrix, quoted_in="docs/detection.md", puts_itself=True),
    Source("compare", "make compare", read_compare, quoted_in="docs/quality.md", puts_itself=True),
    Source("programs", "make programs", read_programs, quoted_in="docs/programs.md", puts_itself=True),
    Source("tools", "tools/cairn size tests/traces/lua-rules.trace --heap 65536", read_nothing,
           quoted_in="docs/tools.md"),
    Source("leaks", "tools/cairn leaks tests/planted/gateway.trace --from 500 --to 2000", read_nothing,
           quoted_in="docs/tools.md"),
    Source("link", f"make -s {LINKED}.elf && tools/cairn link {LINKED}.elf {LINKED}.map", read_nothing,
           quoted_in="docs/tools.md"),
    *(Source("riscv", f"make bench BOARD=virt-rv32{words}", functools.partial(read_bench, name)) for name, words in (
        ("rv32.Os", ""), ("rv32.O2", " OPT=-O2 BUILD=build/fast"),
        ("rv32.zbb.O2", " OPT='-O2 -march=rv32imac_zbb' BUILD=build/fast"))),
    Source("riscv", "make size BOARD=virt-rv32", read_size),
    *(Source("riscv", f"make -s BOARD={board} {path} && tests/run-one {path}", functools.partial(read_stepping, name))
      for name, board in (("rv32", "virt-rv32"), ("rv64", "virt-rv64"))
      for path in [f"build/{board}/picolibc/stepping/every_instruction.elf"]),
    count("traces", "ls tests/traces/*.trace | wc -l"),
    count("misuses", "ls tests/fault/*.c | wc -l"),
    count("faults", "ls tests/exhaustive/faults/*.fault | wc -l"),
    count("flags", "make -s print-FLAGS_ALL | wc -w"),
]


# ---- The table -------------------------------------------------------------------------------------


def fail(message: str, status: int = 1) -> NoReturn:
    """End with a sentence."""
    print(f"figures: {message}", file=sys.stderr)
    sys.exit(status)


def read_table() -> Table:
    """The table; empty if there is none."""
    table: Table = {}
    if not os.path.exists(TABLE):
        return table
    with open(TABLE, encoding="utf-8") as file:
        for line, text in enumerate(file, 1):
            if text.startswith("#"):
                continue
            name, *words = text.rstrip("\n").split("\t")
            if len(words) != 3 or name in table:
                fail(f"{TABLE}:{line}: not a name of its own, a value, a unit and a command: `make figures` writes it")
            table[name] = Figure(*words)
    return table


def write_table(table: Table) -> None:
    """By source, then as the source printed them."""
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write(HEAD)
        file.writelines("\t".join((name, *figure)) + "\n" for name, figure in table.items())


def read_documents() -> tuple[list[documents.Document], list[str]]:
    """All documents that may show figures; and what is wrong with those that cannot be read."""
    found, wrong = [], []
    for path in ("README.md", "DESIGN.md", *sorted(glob.glob("docs/*.md"))):
        with open(path, encoding="utf-8") as file:
            try:
                found.append(documents.read(path, file.read()))
            except documents.Wrong as error:
                wrong.append(str(error))
    return found, wrong


def sound_documents() -> list[documents.Document]:
    """The same; leaves if one cannot be read."""
    found, wrong = read_documents()
    return fail("\nfigures: ".join(wrong)) if wrong else found


def quote(source: Source, output: str) -> Table:
    """Put what a command printed into its document, unless it has done so; and the sum of the text."""
    path = source.quoted_in
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not source.puts_itself:
        indented = "".join(f"    {line}".rstrip() + "\n" for line in output.splitlines())
        text = documents.replace_output(path, text, source.command, indented)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return {place.name or "": Figure(place.shown, "sum of the text", source.command)
            for place in documents.read(path, text).outputs if place.name == documents.output_name(source.command)}


# ---- Measuring -------------------------------------------------------------------------------------


def measure(source: Source) -> Table:
    """Run a source's command. Its output is kept in a file."""
    environment = {name: value for name, value in os.environ.items() if name not in CHOICES}
    began = time.monotonic()
    print(f"{source.command} ...", end=" ", file=sys.stderr, flush=True)
    stderr = None if source.quoted_in else subprocess.STDOUT  # a quotation is of what it prints
    done = subprocess.run(source.command, shell=True, env=environment, stdout=subprocess.PIPE, stderr=stderr,
                          stdin=subprocess.DEVNULL, text=True, check=False)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    log = f"{SOURCES.index(source):02}-{source.name}"
    with open(os.path.join(LOGS, log), "w", encoding="utf-8") as file:
        file.write(done.stdout)
    if done.returncode != 0:
        fail(f"`{source.command}` ended with status {done.returncode}:\n{done.stdout[-2000:].rstrip()}")
    try:
        table = {name: Figure(value, unit, source.command) for name, value, unit in source.read(done.stdout)}
    except (ValueError, LookupError) as error:
        fail(f"bench/figures.py cannot read what `{source.command}` printed, {os.path.join(LOGS, log)}: {error!r}")
    if source.quoted_in:
        table.update(quote(source, done.stdout))
    return table or fail(f"`{source.command}` printed no figure:\n{done.stdout[-2000:].rstrip()}")


def measured(old: Table, names: Sequence[str]) -> Table:
    """All figures by name: measured by these sources, or all; the others as they were."""
    table: Table = {}
    os.makedirs(LOGS, exist_ok=True)
    for source in SOURCES:
        if not names or source.name in names:
            table.update(measure(source))
        else:
            table.update((name, figure) for name, figure in old.items() if figure.command == source.command)
    with open(os.path.join(LOGS, "all.tsv"), "w", encoding="utf-8") as file:
        file.writelines("\t".join((name, *figure)) + "\n" for name, figure in table.items())
    return table


def unknown(places: Mapping[str, str], table: Table) -> Iterator[str]:
    """Names of documents that no command prints, in words."""
    for name, where in places.items():
        if name not in table:
            near = ", ".join(difflib.get_close_matches(name, table)) or f"none; all are in {LOGS}/all.tsv"
            yield f"{where}: no command of `make figures` prints {name}. Names near it: {near}"


def write(names: Sequence[str]) -> int:
    """Measure; write the table and the documents."""
    strangers = set(names) - {source.name for source in SOURCES}
    if strangers:
        fail(f"no source {', '.join(sorted(strangers))}; there are "
             f"{', '.join(dict.fromkeys(source.name for source in SOURCES))}", 2)
    sound_documents()  # what is wrong with them is said before minutes of measuring
    old = read_table()
    table = measured(old, names)
    found = sound_documents()  # `make matrix` has written one of them
    places: dict[str, str] = {}
    for document in found:
        for place in (*document.figures, *document.outputs):
            places.setdefault(place.name or "", f"{document.path}:{place.line}")
    wrong = list(unknown(places, table))
    if wrong:
        fail("\nfigures: ".join(wrong) + ("\nfigures: the table is as it was; FROM left sources out" if names else ""))
    write_table({name: figure for name, figure in table.items() if name in places})
    return fill(found, table)


def fill(found: Sequence[documents.Document], table: Table) -> int:
    """Write the table's figures into the documents."""
    values = {name: figure.value for name, figure in table.items()}
    for document in found:
        strangers = [place for place in document.figures if place.name not in values]
        if strangers:
            fail(f"{document.path}:{strangers[0].line}: {strangers[0].name} is not in {TABLE}: run `make figures`")
    for document in found:
        write_document(document, values)
    return 0


def write_document(document: documents.Document, values: Mapping[str, str]) -> None:
    """With these values; says what it changes."""
    for place in document.figures:
        value = values[place.name or ""]
        if not documents.same(place.shown, value):
            new = documents.styled(place.shown, value)
            print(f"{document.path}:{place.line}: {place.name}: {place.shown} -> {new}")
    text = documents.write(document, values)
    if text != document.text:
        with open(document.path, "w", encoding="utf-8") as file:
            file.write(text)


# ---- Checking --------------------------------------------------------------------------------------

# The one section that compares allocators by a harness that is not here, and says so.
OTHERS_SECTION = ("DESIGN.md", "2 Existing designs, and why not")
SOURCES_SECTION = ("DESIGN.md", "16 Sources")
# Allocators of which no command prints a figure.
OTHERS = re.compile(r"\b(umm_malloc|sys_heap|multi_heap|dlmalloc|lwmem|heap_[1-5]|o1heap|tlsf|tlsf-bsd)\b",
                    re.IGNORECASE)
# A command whose figures the table has, in the text of a document.
MEASURES = re.compile(r"`(make (fit|bench|run|size|bound|cost|figures)\b|build/|bench/|tests/run-one)")
# Numbers that are no figures: versions; and in README.md, how much RAM.
VERSION_OF = re.compile(r"\b(Debian|newlib|newlib-nano|picolibc) \Z")
README_RAM = re.compile(r" KiB\b")


def remedy(figure: Figure) -> str:
    """What to do if a document does not show it."""
    names = [source.name for source in SOURCES if source.command == figure.command]
    return f"run `make figures FROM={names[0]}`" if names else "run `make figures`"


def differing(document: documents.Document, table: Table) -> Iterator[str]:
    """Figures that the document shows otherwise than the table has them."""
    for place in (*document.figures, *document.outputs):
        figure = table.get(place.name or "")
        if figure is None:
            yield f"{place.line}: {place.name} is not in {TABLE}: run `make figures`"
        elif place in document.outputs and place.shown != figure.value:
            yield f"{place.line}: the {place.name} is not what {TABLE} has the sum of: {remedy(figure)}"
        elif not documents.same(place.shown, figure.value):
            yield f"{place.line}: {place.shown}, where {TABLE} has {figure.value} for {place.name}: {remedy(figure)}"


def needs_name(document: documents.Document, place: documents.Place) -> bool:
    """Is this number a figure of ours?"""
    if VERSION_OF.search(document.text[:place.start]):
        return False
    if document.path == "README.md":
        return not README_RAM.match(document.text, place.end)
    if documents.has_unit(document, place, ("instructions", "cycles")):
        return len(place.shown) > 1
    precise = "." in place.shown or len(place.shown) > 2
    return precise and MEASURES.search(document.block(place.start)) is not None


def unnamed(document: documents.Document) -> Iterator[str]:
    """Numbers that need a name, and have none."""
    for place in document.others:
        section = (document.path, document.heading(place.start))
        if section == OTHERS_SECTION:
            continue
        other = OTHERS.search(document.block(place.start))
        if other is not None and section != SOURCES_SECTION:
            yield (f"{place.line}: {place.shown} beside {other[0]}: a figure of another allocator is in "
                   f"{OTHERS_SECTION[0]}, section {OTHERS_SECTION[1]}, or not at all")
        elif needs_name(document, place):
            yield f"{place.line}: {place.shown} has no name: name it as bench/documents.py says, or leave it out"
    for offset in document.open_ended:
        if (document.path, document.heading(offset)) != OTHERS_SECTION:
            yield f"{document.line(offset)}: names that end in ... are for {OTHERS_SECTION[0]}, {OTHERS_SECTION[1]}"


def check() -> int:
    """Say what is wrong with documents and table."""
    table = read_table()
    found, wrong = read_documents()
    used = {place.name for document in found for place in (*document.figures, *document.outputs)}
    if not wrong:
        wrong += [f"{TABLE}: no document shows {name}: run `make figures`" for name in table if name not in used]
    wrong += [f"{document.path}:{words}" for document in found
              for words in (*differing(document, table), *unnamed(document))]
    for words in wrong[:SHOWN]:
        print(f"figures: {words}")
    if len(wrong) > SHOWN:
        print(f"figures: and {len(wrong) - SHOWN} more")
    return 1 if wrong else 0


def put(path: str, command: str, only_check: bool) -> int:
    """What a command printed, into a document."""
    with open(path, encoding="utf-8") as file:
        old = file.read()
    new = documents.replace_output(path, old, command, sys.stdin.read())
    if only_check and new != old:
        print(f"figures: {path}: `{command}` prints another text: run it")
        return 1
    if new != old:
        with open(path, "w", encoding="utf-8") as file:
            file.write(new)
    return 0


def main() -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("write").add_argument("sources", nargs="*")
    parts.add_parser("fill")
    parts.add_parser("check")
    one = parts.add_parser("put")
    one.add_argument("--check", action="store_true")
    one.add_argument("document")
    one.add_argument("command")
    args = parser.parse_args()
    try:
        if args.part == "put":
            return put(args.document, args.command, args.check)
        if args.part == "write":
            return write(args.sources)
        return fill(sound_documents(), read_table()) if args.part == "fill" else check()
    except documents.Wrong as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}; this runs at the top of the tree")


if __name__ == "__main__":
    sys.exit(main())
