"""coverage.py EXCEPTIONS CONFIGURATION=FOLDER...: what of allocator/ the tests of each configuration cover.

The folders in a FOLDER are builds, each with coverage.json and coverage.info, llvm-cov's exports. All builds of a
configuration are taken together, as are the copies of an inline function: what one of them covers is covered. A
configuration that begins with + answers only for lines that no other one reaches.

Counted are lines; outcomes of branches, two for each condition; and conditions of decisions that have more than one,
each of which is to be shown to decide alone (MC/DC). What is not covered must be in EXCEPTIONS with its reason, and
what is there must be uncovered. An entry is what this program prints of the place, without the line number:

    allocator/core/heap.c cairn_heap_extend: `size > n` is never false
        in index-16, table
        why, on one line or more

A function has the name that the linker knows. `in` is left out where it is all configurations but those that begin
with +, as for what no configuration compiles. Exits with 1 if the two do not agree.

SPDX-License-Identifier: MIT
"""

import collections
import glob
import json
import os
import re
import sys

from functions import code_lines, functions_of

FOLDER = "allocator/"
KINDS = ("lines", "branches", "conditions")

# A place, and what is said of it if it is not covered.
Item = collections.namedtuple("Item", "file line column function text fact")


def entry_of(item):
    """What an entry of EXCEPTIONS names."""
    return item.file, item.function, item.text, item.fact


class Source:
    """Texts of source files, by llvm-cov's lines and columns."""

    def __init__(self):
        self.files = {}

    def span(self, path, first, left, last, right):
        if path not in self.files:
            with open(path, encoding="utf-8") as file:
                self.files[path] = file.read().split("\n")
        lines = self.files[path][first - 1:last]
        lines[-1] = lines[-1][:right - 1]
        lines[0] = lines[0][left - 1:]
        return " ".join(" ".join(lines).split())

    def operators(self, path, *span):
        """How many && and || stand there: a decision's conditions are told by those before them."""
        return len(re.findall(r"&&|\|\|", self.span(path, *span)))


class Coverage:
    """Of one configuration: for each item, by its kind, whether it is covered."""

    def __init__(self, source):
        self.source = source
        self.functions = {}  # the function that a line of a file is in
        self.compiled = set()  # lines of files
        self.covered = {kind: {} for kind in KINDS}

    def note(self, kind, item, covered):
        self.covered[kind][item] = self.covered[kind].get(item, False) or covered

    def add_build(self, folder):
        with open(os.path.join(folder, "coverage.json"), encoding="utf-8") as file:
            for function in json.load(file)["data"][0]["functions"]:
                self.add_function(function)
        self.add_lines(os.path.join(folder, "coverage.info"))

    def add_function(self, function):
        name = function["name"].rsplit(":", 1)[-1]
        files = [os.path.relpath(path) for path in function["filenames"]]
        if not files[0].startswith(FOLDER):
            return
        for first, _, last, _, _, file_id, *_ in function["regions"]:
            self.compiled.add((files[file_id], first))
            for line in range(first, last + 1):
                self.functions.setdefault((files[file_id], line), name)
        conditions = []
        for first, left, last, right, true, false, file_id, *_ in function["branches"]:
            path = files[file_id]
            text = self.source.span(path, first, left, last, right)
            conditions.append(((first, left), (last, right), text))
            self.note("branches", Item(path, first, left, name, text, "is never true"), true > 0)
            self.note("branches", Item(path, first, left, name, text, "is never false"), false > 0)
        for record in function["mcdc_records"]:
            self.add_decision(files[0], name, conditions, record)

    def add_decision(self, path, function, conditions, record):
        first, left, last, right, *_, independent = record
        inside = sorted(c for c in conditions if (first, left) <= c[0] and c[1] <= (last, right))
        if len(inside) == 1:
            return  # the others are known when it is compiled, and are no branches: this one is the decision
        # A condition that is known when it is compiled is in the record, but is no branch.
        places = [self.source.operators(path, first, left, *start) for start, _, _ in inside]
        if len(set(places)) != len(places) or max(places, default=0) >= len(independent):
            sys.exit(f"{path}:{first}: a decision of {len(independent)} conditions has branches at {places}")
        for ((line, column), _, text), place in zip(inside, places):
            item = Item(path, line, column, function, text, "never decides alone")
            self.note("conditions", item, independent[place])

    def add_lines(self, path):
        with open(path, encoding="utf-8") as file:
            for entry in file:
                if entry.startswith("SF:"):
                    source = os.path.relpath(entry[3:].strip())
                elif entry.startswith("DA:") and source.startswith(FOLDER):
                    line, count = (int(number) for number in entry[3:].split(",")[:2])
                    text = self.source.span(source, line, 1, line, 1 << 16)
                    if text.startswith("#"):
                        continue
                    self.compiled.add((source, line))
                    name = self.functions.get((source, line), "")
                    self.note("lines", Item(source, line, 0, name, text, "is never reached"), count > 0)

    def finish(self):
        """Say of a function that is never called no more than that."""
        lines = collections.defaultdict(list)
        for item, covered in self.covered["lines"].items():
            lines[item.file, item.function].append((item.line, covered))
        for function, found in lines.items():
            if not any(covered for _, covered in found):
                for kind in KINDS:
                    for item in [i for i in self.covered[kind] if (i.file, i.function) == function]:
                        del self.covered[kind][item]
                item = Item(function[0], min(found)[0], 0, function[1], "", "is never called")
                self.covered["lines"][item] = False

    def leave_out_called_elsewhere(self, others):
        """A header's function that a configuration does not call is none of its own: another one's."""
        called = {(i.file, i.function) for other in others for i, covered in other.covered["lines"].items() if covered}
        for item in [item for item in self.covered["lines"] if item.fact == "is never called"]:
            if item.file.endswith(".h") and (item.file, item.function) in called:
                del self.covered["lines"][item]

    def leave_out(self, others):
        """Keep only the items of lines that none of the others has covered."""
        lines = {item[:2] for other in others for item, covered in other.covered["lines"].items() if covered}
        for kind in KINDS:
            for item in [item for item in self.covered[kind] if item[:2] in lines]:
                del self.covered[kind][item]

    def missed(self):
        return [item for kind in KINDS for item, covered in self.covered[kind].items() if not covered]


def not_compiled(coverages):
    """Lines, or whole functions, that no configuration compiles. No other report would miss them."""
    compiled = set().union(*(coverage.compiled for coverage in coverages))
    paths = sorted(glob.glob(FOLDER + "*/*.[ch]"))
    if not paths:
        sys.exit(f"no sources in {FOLDER}*/")
    for path in paths:
        code = code_lines(path)
        for name, first, last in functions_of(path):
            lines = [number for number in range(first + 2, last) if number in code]
            left = [number for number in lines if (path, number) not in compiled]
            if left == lines != []:
                yield Item(path, first, 0, name, "", "is never compiled")
            else:
                yield from (Item(path, number, 0, name, code[number], "is never compiled") for number in left)


ENTRY = re.compile(
    r"(\S+) (\w*):(?: `(.*)`)? (is never (?:true|false|reached|called|compiled)|never decides alone)$"
)


def read_exceptions(path, usual, configurations):
    """Entries, each with the configurations that it is for, which are the usual ones where none is named."""
    exceptions = {}
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^#.*\n", "", file.read(), flags=re.MULTILINE)
    for block in re.split(r"\n(?=\S)", text.strip()) if text.strip() else ():
        head, *rest = block.strip().split("\n")
        match = ENTRY.match(head)
        if match is None:
            sys.exit(f"{path}: not an exception: {head}")
        where = usual
        if rest and rest[0].startswith("    in "):
            where = rest.pop(0)[7:].replace(",", " ").split()
        if not " ".join(rest).strip():
            sys.exit(f"{path}: no reason is given: {head}")
        unknown = set(where) - set(configurations)
        if unknown:
            sys.exit(f"{path}: no configuration {', '.join(sorted(unknown))}: {head}")
        exceptions[tuple(group or "" for group in match.groups())] = where
    return exceptions


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, *cells in rows:
        print("  ".join([name.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells, widths[1:])]))
    print()


def share(covered):
    covered = list(covered)
    return f"{sum(covered)}/{len(covered)}"


def table_of_configurations(coverages, exceptions):
    rows: list[tuple[str, ...]] = [("configuration", *KINDS, "excused")]
    for name, coverage in coverages.items():
        excused = sum(entry_of(item) in exceptions for item in coverage.missed())
        rows.append((name, *(share(coverage.covered[kind].values()) for kind in KINDS), str(excused)))
    print_table(rows)


def table_of_files(coverages):
    """Each file, all configurations together. Returns the figures of all files."""
    union = {kind: {} for kind in KINDS}
    for coverage in coverages.values():
        for kind in KINDS:
            for item, covered in coverage.covered[kind].items():
                if item.fact != "is never called":
                    union[kind][item] = union[kind].get(item, False) or covered
    rows: list[tuple[str, ...]] = [("file, all configurations", *KINDS)]
    for path in sorted({item.file for item in union["lines"]}):
        rows.append((path, *(share(c for i, c in union[kind].items() if i.file == path) for kind in KINDS)))
    rows.append(("all", *(share(union[kind].values()) for kind in KINDS)))
    print_table(rows)
    return rows[-1][1:]


def said(entry, line=None):
    path, function, text, fact = entry
    place = path if line is None else f"{path}:{line}"
    return f"{place} {function}:{' `' + text + '`' if text else ''} {fact}"


def disagreements(coverages, uncompiled, exceptions):
    """What is uncovered and not excused, and what is excused and covered."""
    uncovered = collections.defaultdict(list, uncompiled)
    for name, coverage in coverages.items():
        for item in coverage.missed():
            uncovered[item].append(name)
    for item, names in sorted(uncovered.items()):
        names = [name for name in names if name not in exceptions.get(entry_of(item), ())]
        if names:
            yield f"{said(entry_of(item), item.line)} in {', '.join(names)}"
    for entry, where in exceptions.items():
        found = {name for item, names in uncovered.items() if entry_of(item) == entry for name in names}
        names = [name for name in where if name not in found]
        if names:
            yield f"excused, but not so in {', '.join(names)}: {said(entry)}"


def main(path, *arguments):
    source = Source()
    coverages = {}
    for argument in arguments:
        name, _, folder = argument.partition("=")
        coverage = coverages.setdefault(name, Coverage(source))
        for export in sorted(glob.glob(os.path.join(folder, "*", "coverage.json"))):
            coverage.add_build(os.path.dirname(export))
    for coverage in coverages.values():
        coverage.finish()
    for coverage in coverages.values():
        coverage.leave_out_called_elsewhere(coverages.values())
    usual = [name for name in coverages if not name.startswith("+")]
    for name in [name for name in coverages if name not in usual]:
        coverages[name[1:]] = coverages.pop(name)
        coverages[name[1:]].leave_out([coverages[other] for other in usual])
    uncompiled = {item: list(usual) for item in not_compiled(coverages.values())}
    exceptions = read_exceptions(path, usual, list(coverages))
    table_of_configurations(coverages, exceptions)
    figures = table_of_files(coverages)
    found = list(disagreements(coverages, uncompiled, exceptions))
    print(", ".join(f"{kind} {figure}" for kind, figure in zip(KINDS, figures)), end="; ")
    print(f"{len(exceptions)} exceptions, {len(found)} disagreements")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
