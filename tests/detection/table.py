"""table.py LEVEL=LINES...: print the table of the detection matrix, as docs/detection.md has it.

LINES is what tests/detection/matrix printed for a library of that check level; each level becomes two columns, with
"-" where it has no such damage, or none that the operation meets. bench/figures.py puts it into the document.

SPDX-License-Identifier: MIT"""
import sys

OUTCOMES = ("at once", "by `cairn_check`", "too late", "later", "harmless", "not found", "astray", "endless")


def read(path):
    """Rows by (section, what, act), in the order of the file: a count for each outcome."""
    rows = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            section, what, act, tries, *words = line.rstrip("\n").split("\t")
            counts = [int(word) for word in words]
            if len(counts) != len(OUTCOMES) or sum(counts) != int(tries):
                sys.exit(f"{path}: no row of the matrix: {line}")
            rows[section, what, act] = counts
    return rows


def percent(count, tries):
    """Of tries: 100 and 0 are exact."""
    share = 100 * count / tries
    if count == tries:
        return "100 %"
    return "< 0.1 %" if share < 0.1 else f"{min(share, 99.9):.1f} %"


def cells(counts):
    tries = sum(counts)
    told = [f"{name} {percent(count, tries)}" for name, count in zip(OUTCOMES, counts) if count]
    return f"{tries:,} | {', '.join(told)}"


def in_order(keys):
    """Each once: by section, then by what, then by operation, in the order in which these come first."""
    keys = list(dict.fromkeys(keys))
    orders = [list(dict.fromkeys(part)) for part in zip(*keys)]
    return sorted(keys, key=lambda key: [order.index(part) for part, order in zip(key, orders)])


def table(levels):
    """One table for a section; `levels` are pairs of a name and its rows."""
    keys = in_order(key for _, rows in levels for key in rows)
    tries = (f"{sum(map(sum, rows.values())):,} tries at level {level}" for level, rows in levels)
    text = "\n" + ", ".join(tries) + ".\n"
    for section in dict.fromkeys(key[0] for key in keys):
        text += f"\n### {section}\n\n| what | next operation |" + "".join(f" tries | level {n} |" for n, _ in levels)
        text += "\n|---|---|" + "---:|---|" * len(levels) + "\n"
        for key in keys:
            if key[0] == section:
                told = " | ".join(cells(rows[key]) if key in rows else "- | -" for _, rows in levels)
                text += f"| {key[1]} | {key[2]} | {told} |\n"
    return text + "\n"


def main(arguments):
    print(table([(level, read(lines)) for level, lines in (file.split("=", 1) for file in arguments)]), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
