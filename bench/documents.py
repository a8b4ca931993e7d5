# SPDX-License-Identifier: MIT
"""Figures in Markdown documents: where they are, what they show, and how they are replaced.

A figure has a name, in a comment that a reader of the rendered document does not see. There are two forms:

    <!-- figures: fit.mean run.{cairn,nano}.ratio 8 -->
        names the numbers of the next paragraph, list, table or block of code, in reading order. Braces expand as in a
        shell. A number in place of a name is one that stays as it is. "..." ends the names: the rest are no figures
        of this repository. In a table the head and the first column do not count.
    <!--fit.mean-->1.113
        names the one number that follows, in a line of prose or a cell of a table.

A number is a word of digits: not "M3", "16-bit", "4-5", "1/32", and nothing within `backticks`. After the second form
it may be a word, up to twenty. Commas between thousands stay where they are.

Between these two lines is what a command prints, as a whole; the table has the sum of it in place of its figures:

    <!-- output: make matrix -->
    <!-- end of output -->
"""
from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass, field
from typing import Mapping, Optional, Sequence

# Not in a name, a version of three parts, a range, a fraction, a power.
NUMBER = re.compile(r"(?<![\w./^])(?<!\w-)-?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?![\w/]|\.[0-9]|-\w)")
WORDS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
         "seventeen eighteen nineteen twenty").split()
WORD = re.compile(rf"(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
BLOCK = re.compile(r"^<!-- figures:(.*?)-->\n", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"<!--(\S+?)-->")
OUTPUT = re.compile(r"^<!-- output: ([^\n]*) -->\n(.*?)^<!-- end of output -->\n", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`(?:[^`\n]|\n(?!\s*\n))+`")
# What holds no number of the text: code, comments, the target of a link, the number of a list's item or of a heading.
APART = re.compile(SPAN.pattern + r"|<!--.*?-->|\]\([^)\n]*\)|^ *[0-9]+\. |^#+ [0-9]+ ", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(?:(?<=\n\n)|(?<=-->\n)) {4,}\S[^\n]*\n(?:(?: {4,}[^\n]*)?\n)*")
LINE_BEGINS = re.compile(r"[ >]*(?:[-*+] |[0-9]+\. )?[ *]*$")


class Wrong(Exception):
    """What is wrong with a document, and where."""


@dataclass(frozen=True)
class Place:
    """A number of a document: line and offsets, and its figure's name, if it has one."""

    line: int
    start: int
    end: int
    shown: str
    name: Optional[str] = None
    in_code: bool = False


@dataclass
class Document:
    """A document's text, its figures, and its other numbers."""

    path: str
    text: str
    figures: list[Place] = field(default_factory=list)
    others: list[Place] = field(default_factory=list)
    # Blocks of which some numbers were said to be no figures of this repository.
    open_ended: list[int] = field(default_factory=list)
    # Places with the output of a command, named after it; what is shown is its sum.
    outputs: list[Place] = field(default_factory=list)

    def line(self, offset: int) -> int:
        """The number of the line."""
        return self.text.count("\n", 0, offset) + 1

    def wrong(self, offset: int, words: str) -> Wrong:
        """An error at a place."""
        return Wrong(f"{self.path}:{self.line(offset)}: {words}")

    def heading(self, offset: int) -> str:
        """The heading of the second level that the place is under."""
        found = re.findall(r"^## (.*)$", self.text[:offset], re.MULTILINE)
        return str(found[-1]) if found else ""

    def block(self, offset: int) -> str:
        """The paragraph, the list's item or the table's row that the place is in."""
        before = [self.text.rfind(mark, 0, offset) for mark in ("\n\n", "\n- ", "\n| ", "\n  -", "-->\n")]
        after = [self.text.find(mark, offset) for mark in ("\n\n", "\n- ", "\n| ", "\n  -")]
        return self.text[max(before) + 1:min([mark for mark in after if mark >= 0] or [len(self.text)])]


def expand(words: str) -> list[str]:
    """The names: `a.{b,c}` is `a.b a.c`."""
    names: list[str] = []
    for word in words.split():
        names += braces(word)
    return names


def braces(word: str) -> list[str]:
    """One word, expanded; braces may lie within braces."""
    depth, begin, parts = 0, 0, []
    for i, c in enumerate(word):
        if c == "{":
            depth += 1
            if depth == 1:
                begin, parts = i, [i]
        elif c == "," and depth == 1:
            parts.append(i)
        elif c == "}":
            depth -= 1
            if depth == 0:
                inner = [word[a + 1:b] for a, b in itertools.pairwise([*parts, i])]
                return [word[:begin] + middle + rest for part in inner for middle in braces(part)
                        for rest in braces(word[i + 1:])]
    if depth != 0:
        raise ValueError(word)
    return [word]


def spaces(match: re.Match[str]) -> str:
    """As many, on as many lines."""
    return "".join(c if c == "\n" else " " for c in match[0])


def blank(text: str, pattern: re.Pattern[str]) -> str:
    """The text, as long as before, without what matches."""
    return pattern.sub(spaces, text)


def without_heads(block: str) -> str:
    """A table's block, as long as before, without its head and first column."""
    lines = block.split("\n")
    for i, line in enumerate(lines):
        first = len(line) if i < 2 else line.find("|", 1) + 1
        lines[i] = " " * first + line[first:]
    return "\n".join(lines)


def read(path: str, text: str) -> Document:
    """Find a document's figures; raises Wrong."""
    document = Document(path, text)
    outside = blank(blank(text, OUTPUT), FENCE)
    prose = blank(outside, CODE)
    comments = blank(prose, SPAN)
    plain = blank(prose, APART)
    taken: set[int] = set()
    for match in INLINE.finditer(comments):
        place = inline(document, match)
        document.figures.append(place)
        taken.add(place.start)
    for match in BLOCK.finditer(comments):
        taken |= named_block(document, match, outside, plain, taken)
    document.figures.sort(key=lambda place: place.start)
    for match in OUTPUT.finditer(text):
        document.outputs.append(Place(document.line(match.start()), *match.span(2), output_sum(match[2]),
                                      output_name(match[1])))
    for match in NUMBER.finditer(plain):
        if match.start() not in taken:
            document.others.append(Place(document.line(match.start()), match.start(), match.end(), match[0]))
    return document


def inline(document: Document, match: re.Match[str]) -> Place:
    """The number that follows a name."""
    line = document.text.rfind("\n", 0, match.start()) + 1
    if LINE_BEGINS.fullmatch(document.text, line, match.start()):
        raise document.wrong(match.start(), f"<!--{match[1]}--> begins a line, which Markdown then takes for HTML")
    # As NUMBER, except for what may precede it.
    number = NUMBER.match(document.text[match.end():]) or WORD.match(document.text[match.end():])
    if number is None:
        raise document.wrong(match.start(), f"no number follows <!--{match[1]}-->")
    start, end = match.end(), match.end() + number.end()
    return Place(document.line(start), start, end, number[0], match[1])


def named_block(document: Document, match: re.Match[str], outside: str, plain: str, taken: set[int]) -> set[int]:
    """Read the block after its names. Returns the places that are spoken for."""
    try:
        names = expand(match[1])
    except ValueError as error:
        raise document.wrong(match.start(), f"a brace is open: {error}") from error
    begin = match.end()
    code = CODE.match(outside, begin)
    if code is not None:
        found = [(m.start(), m[0]) for m in NUMBER.finditer(code[0])]
    else:
        end = document.text.find("\n\n", begin)
        block = plain[begin:end if end >= 0 else len(plain)]
        found = [(m.start(), m[0]) for m in NUMBER.finditer(without_heads(block) if block[:1] == "|" else block)]
    numbers = [(begin + start, shown) for start, shown in found if begin + start not in taken]
    if names[-1:] == ["..."]:
        document.open_ended.append(begin)
        names.pop()
        numbers = numbers[:len(names)]
    if len(names) != len(numbers):
        pairs = (f"{shown} = {name}" for name, (_, shown) in
                 itertools.zip_longest(names, numbers, fillvalue=("?", "no number")))
        raise document.wrong(match.start(), f"{len(names)} names for {len(numbers)} numbers: {', '.join(pairs)}")
    for name, (start, shown) in zip(names, numbers):
        line = document.line(start)
        if not NUMBER.fullmatch(name):
            document.figures.append(Place(line, start, start + len(shown), shown, name, code is not None))
        elif name != shown:
            raise document.wrong(start, f"{shown}, where the names above have the number {name}")
    return {start for start, _ in numbers}


def same(shown: str, value: str) -> bool:
    """Does the document show the value?"""
    return shown.replace(",", "") == value or shown.lower() in WORDS and str(WORDS.index(shown.lower())) == value


def styled(shown: str, value: str) -> str:
    """The value, written as the document has shown the old one."""
    if shown.lower() in WORDS and value.isdigit() and int(value) < len(WORDS):
        word = WORDS[int(value)]
        return word.capitalize() if shown[0].isupper() else word
    if "," in shown:
        whole, point, part = value.partition(".")
        return f"{int(whole):,}{point}{part}"
    return value


def write(document: Document, values: Mapping[str, str]) -> str:
    """The document's text with these values."""
    text = document.text
    for place in reversed(document.figures):
        value = values[place.name or ""]
        if same(place.shown, value):
            continue
        new, before = styled(place.shown, value), text[:place.start]
        if place.in_code:  # columns stay where they are
            more = len(new) - len(place.shown)
            room = len(before) - len(before.rstrip(" ")) - 1
            before = before + " " * -more if more < 0 else before[:len(before) - min(more, max(room, 0))]
        text = before + new + text[place.end:]
    return text


def output_name(command: str) -> str:
    """In the table."""
    return f"output of {command}"


def output_sum(text: str) -> str:
    """Of the text that a command prints."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def replace_output(path: str, text: str, command: str, output: str) -> str:
    """The document's text with what a command prints between its two lines; raises Wrong."""
    found = [match for match in OUTPUT.finditer(text) if match[1] == command]
    if len(found) != 1:
        raise Wrong(f"{path}: {len(found)} places for the output of `{command}`, not one: "
                    f"<!-- output: {command} --> and <!-- end of output --> on lines of their own")
    return text[:found[0].start(2)] + output + text[found[0].end(2):]


def has_unit(document: Document, place: Place, units: Sequence[str]) -> bool:
    """Does one of these units follow, perhaps after another word?"""
    unit = re.compile(rf"\**\s+(?:[a-z-]+\s+)?(?:{'|'.join(units)})\b")
    return unit.match(document.text, place.end) is not None
