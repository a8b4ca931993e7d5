"""findings.py [--write] DOCUMENT SECTION REPORT...: compare what tools have found with the deviations on record.

A REPORT has lines `file:line: ... [rule]`; a rule that is found twice in a line counts once. The section of DOCUMENT
has a table of deviations:

    | rule | where | lines | why |

`where` is folders and files: an entry answers for the findings of its rule there, the one whose path is the longest.
`lines` is their number, or `any`, where one more would be no news. Exits with 1 if a finding has no entry, or an entry
no finding, or another number than it says. --write puts the numbers of today into the table; it neither adds nor
removes an entry. A mandatory rule cannot be deviated from, nor can a file go unread.

SPDX-License-Identifier: MIT
"""

import collections
import os
import re
import sys

FOLDERS = ("allocator/", "include/", "port/", "extras/", "boards/")
MISRA = "misra-c2012-"
# Rules that MISRA C:2012 makes mandatory; with amendment 1.
MANDATORY = {
    "9.1", "12.5", "13.6", "17.3", "17.4", "17.6", "19.1", "21.13", "21.17", "21.18", "21.19", "21.20",
    "22.2", "22.4", "22.5", "22.6",
}  # fmt: skip

# What cppcheck says where it has not read all of a file.
UNREAD = {"internalError", "internalAstError", "preprocessorErrorDirective", "syntaxError", "unknownMacro"}

FINDING = re.compile(r"(?P<file>[^:\s]+):(?P<line>\d+):.*\[(?P<rule>[^\s\]]+)\]$")
ROW = re.compile(r"\| (?P<rule>[^|]+?) \| (?P<where>[^|]+?) \| (?P<lines>\d+|any) \| (?P<why>[^|]+?) \|$")


def read_findings(reports, misra):
    """(rule, file, line) of each finding in our folders, by MISRA's rules or by others; and of what was not read."""
    found = set()
    for report in reports:
        with open(report, encoding="utf-8") as file:
            for match in filter(None, map(FINDING.match, file)):
                path = os.path.relpath(match["file"])
                rule = match["rule"]
                if path.startswith(FOLDERS) and (rule.startswith(MISRA) == misra or rule in UNREAD):
                    found.add((rule.removeprefix(MISRA), path, int(match["line"])))
    return found


class Entry:
    """A row of the table."""

    def __init__(self, number, match):
        self.number = number  # of its line in the document
        self.rule = match["rule"].strip("`")
        self.where = [place.strip("`") for place in match["where"].split(", ")]
        self.said = None if match["lines"] == "any" else int(match["lines"])
        self.found = []

    def reach(self, rule, path):
        """How much of the path it names; 0 if it is not for this finding."""
        if rule != self.rule:
            return 0
        return max(len(place) if path == place or path.startswith(place + "/") else 0 for place in self.where)


def read_entries(lines, section):
    entries = []
    inside = False
    for number, line in enumerate(lines):
        if line.startswith("## "):
            inside = line == f"## {section}"
        elif inside and (match := ROW.match(line)):
            entries.append(Entry(number, match))
    return entries


def assign(findings, entries):
    """Give each finding to its entry. Returns those that have none."""
    left = []
    for finding in sorted(findings):
        best = max(entries, key=lambda entry: entry.reach(*finding[:2]), default=None)
        if best is None or best.reach(*finding[:2]) == 0:
            left.append(finding)
        else:
            best.found.append(finding)
    return left


def write(document, lines, entries):
    for entry in entries:
        if entry.said is None:
            continue
        lines[entry.number] = lines[entry.number].replace(f" | {entry.said} | ", f" | {len(entry.found)} | ", 1)
        entry.said = len(entry.found)
    with open(document, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def disagreements(left, entries):
    for rule, path, line in left:
        yield f"{path}:{line}: {rule}: no deviation is on record"
    for entry in entries:
        name = f"{entry.rule} in {', '.join(entry.where)}"
        if entry.rule in MANDATORY | UNREAD:
            yield f"{name}: cannot be deviated from"
        if not entry.found:
            yield f"{name}: a deviation without a finding"
        elif entry.said not in (None, len(entry.found)):
            places = collections.Counter(path for _, path, _ in entry.found)
            found = ", ".join(f"{path} {count}" for path, count in sorted(places.items()))
            yield f"{name}: {entry.said} lines are on record, {len(entry.found)} are found: {found}"


def main(*arguments):
    writing = arguments[0] == "--write"
    document, section, *reports = arguments[writing:]
    with open(document, encoding="utf-8") as file:
        lines = file.read().split("\n")
    entries = read_entries(lines, section)
    findings = read_findings(reports, section.startswith("MISRA"))
    left = assign(findings, entries)
    if writing:
        write(document, lines, entries)
    for entry in entries:
        print(f"{entry.rule:24} {len(entry.found):5}  {', '.join(entry.where)}")
    wrong = list(disagreements(left, entries))
    rules = {rule for rule, _, _ in findings}
    print(f"{len(findings)} findings by {len(rules)} rules, {len(entries)} deviations, {len(wrong)} disagreements")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
