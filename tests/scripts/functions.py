"""functions.py: the functions of a source file, as clang-format lays them out: a body's braces at the left margin.

SPDX-License-Identifier: MIT
"""

import re


def functions_of(path):
    """(name, first line, last line) of each, from the line before the opening brace on."""
    with open(path, encoding="utf-8") as file:
        text = file.read().split("\n")
    begin = None
    for number, line in enumerate(text, start=1):
        head = re.sub(r"__attribute__\(\(.*?\)\) *", "", text[number - 2])
        if line == "{" and (match := re.search(r"([\w:~]+|operator .*?)\(", head)):
            begin = (match.group(1), number - 1)
        elif line == "}" and begin is not None:
            yield *begin, number
            begin = None


def code_lines(path):
    """The lines that hold more than comments and directives: number to text."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), file.read(), flags=re.DOTALL)
    lines = {number: " ".join(line.split()) for number, line in enumerate(text.split("\n"), start=1)}
    return {number: line for number, line in lines.items() if line and not line.startswith("#")}
