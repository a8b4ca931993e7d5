"""mutations.py: the single changes that are tried on a source of the heap.

It knows C only as far as tokens, brackets and the precedence of operators, and no name of the heap's own except
LAYOUT. Code that is compiled is changed; comments, strings, assembly, attributes, static assertions, layout tables,
declarations of types and the defaults of options are not.

SPDX-License-Identifier: MIT
"""

import collections
import re

TOKEN = re.compile(
    r"""(?P<space>(?:\s|\\\n)+)
      | (?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<number>\d(?:[eEpP][+-]|[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<mark><<=|>>=|\.\.\.|->|\+\+|--|&&|\|\||<<|>>|[<>=!+\-*/%&|^]=|\#\#|.)""",
    re.DOTALL | re.VERBOSE,
)
DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w*)(?:\\\n|/\*.*?\*/|[^\n])*", re.DOTALL)
DEFINITION = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?")

Token = collections.namedtuple("Token", "kind text start end")

# What replaces an operator. An assignment that is made by an operator is a statement: it is dropped.
BINARY = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
    "+": "-", "-": "+", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&",
}  # fmt: skip
NEGATIONS = {"!", "-", "~"}

# How strongly an operator binds.
BINDS = {
    "*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8, "<": 7, "<=": 7, ">": 7, ">=": 7, "==": 6, "!=": 6,
    "&": 5, "^": 4, "|": 3, "&&": 2, "||": 1,
}  # fmt: skip
SHORTENED = {"&&", "||", "+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^"}  # an operand of these is dropped
EITHER_DROPPED = {"&&", "||"}  # the first one, too
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="}
ENDS = ASSIGNMENTS | {"(", "[", "{", ")", "]", "}", ",", ";", "?", ":", "return", "case", "goto", "else", "do"}

OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")": "(", "]": "[", "}": "{"}
TYPE_WORDS = {
    "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool", "_Bool", "const",
    "volatile", "struct", "union", "enum", "static", "extern", "inline", "register", "_Noreturn",
}  # fmt: skip
TAGS = {"struct", "union", "enum"}
OTHER_WORDS = {"if", "for", "while", "switch", "return", "case", "default", "break", "continue", "goto", "else", "do"}
MEASURES = {"sizeof", "_Alignof", "offsetof"}
NOT_CODE = re.compile(r"__asm(__)?|__attribute__|_Static_assert|static_assert|_Alignas|_Pragma|LAYOUT\w*|sizeof")
TABLE = 4  # from so many numbers between braces on, each gets one change


class Mutation:
    """A change: `new` in place of the characters from `start` to `end`. `old` and `shown` are what a reader sees."""

    def __init__(self, start, end, new, old, shown):
        self.start, self.end, self.new, self.old, self.shown = start, end, new, old, shown

    @property
    def text(self):
        """What is changed, and into what."""
        return f"{self.old} -> {self.shown}"


def tokens_of(text, start, end):
    """The tokens between two places, without white space and comments."""
    found = []
    while start < end:
        match = TOKEN.match(text, start, end)
        start = match.end()
        if match.lastgroup not in ("space", "comment"):
            found.append(Token(match.lastgroup, match.group(), match.start(), match.end()))
    return found


def parts_of(text):
    """Divide a source: its code, as one list of tokens without the directives; and the bodies of its macros. A macro
    that is alone in an #ifndef of its name is an option's default, and left out."""
    code, bodies, place, asked = [], [], 0, None
    while place < len(text):
        line_end = text.find("\n", place)
        line_end = len(text) if line_end < 0 else line_end + 1
        directive = DIRECTIVE.match(text, place)
        if directive is not None:
            definition = DEFINITION.match(text, place)
            if definition is not None and definition.group(1) != asked:
                bodies.append(tokens_of(text, definition.end(), directive.end()))
            asked = directive.group().split()[-1] if directive.group(1) == "ifndef" else None
            place = directive.end()
            continue
        match = TOKEN.match(text, place)
        place = match.end()
        if match.lastgroup == "space":
            # A directive is looked for where a line begins.
            newline = match.group().rfind("\n")
            if newline >= 0:
                place = match.start() + newline + 1
                while place < match.end() and DIRECTIVE.match(text, place) is None:
                    place = match.end()
        elif match.lastgroup != "comment":
            code.append(Token(match.lastgroup, match.group(), match.start(), match.end()))
    return code, bodies


class Fragment:
    """Tokens with their brackets, and which of them are code."""

    def __init__(self, text, tokens, types):
        self.text, self.tokens, self.types = text, tokens, types
        self.partner = {}
        stack = []
        for k, token in enumerate(tokens):
            if token.text in OPEN:
                stack.append(k)
            elif token.text in CLOSE and stack:
                self.partner[k] = stack.pop()
                self.partner[self.partner[k]] = k
        self.binary = {k for k, token in enumerate(tokens) if token.text in BINDS and self.is_binary(k)}

    def at(self, k):
        return self.tokens[k].text if 0 <= k < len(self.tokens) else ";"

    def show(self, first, last):
        """The text of tokens first to last, in one line."""
        if first > last:
            return ""
        return squeeze(self.text[self.tokens[first].start:self.tokens[last].end])

    def is_type(self, name):
        return name in TYPE_WORDS or name in self.types or name.endswith("_t")

    def is_cast(self, opening):
        """Do the brackets hold a type's name?"""
        inner = self.tokens[opening + 1:self.partner.get(opening, opening)]
        names = [token.text for token in inner if token.text != "*"]
        return bool(names) and all(
            self.is_type(name) or (i > 0 and names[i - 1] in TAGS) for i, name in enumerate(names)
        )

    def ends_value(self, k):
        """Is token k the last one of a value?"""
        if k < 0:
            return False
        token = self.tokens[k]
        if token.text == ")":
            opening = self.partner.get(k, k)
            return self.at(opening - 1) in MEASURES or not self.is_cast(opening)
        if token.text == "]" or token.kind in ("number", "string"):
            return True
        if token.kind != "name" or token.text in OTHER_WORDS or self.is_type(token.text):
            return False
        return self.at(k - 1) not in TAGS

    def is_binary(self, k):
        return self.ends_value(k - 1)

    def bound(self, k):
        """How strongly token k binds, if it ends an operand; None if it is part of one."""
        text = self.at(k)
        if k in self.binary:
            return BINDS[text]
        return 0 if text in ENDS else None

    def left(self, k, strength):
        """The first token of the operand that ends before k, up to an operator that binds no more than `strength`."""
        k -= 1
        while k >= 0:
            if self.at(k) in CLOSE and self.at(k) != "}" and k in self.partner:
                k = self.partner[k] - 1
                continue
            bound = self.bound(k)
            if bound is not None and bound <= strength:
                break
            k -= 1
        return k + 1

    def right(self, k, strength):
        """The last token of the operand that begins after k."""
        k += 1
        while k < len(self.tokens):
            if self.at(k) in OPEN and k in self.partner:
                k = self.partner[k] + 1
                continue
            bound = self.bound(k)
            if bound is not None and bound <= strength:
                break
            k += 1
        return k - 1

    def change(self, first, last, new, around=None):
        """Tokens first to last become `new`; what is shown are the tokens around."""
        around = around or (first, last)
        start, end = self.tokens[first].start, self.tokens[last].end
        before = self.text[self.tokens[around[0]].start:start]
        after = self.text[end:self.tokens[around[1]].end]
        if new == "":
            before, after = before.rstrip(), after.lstrip() if first == around[0] else after
        kept = self.text[start:end].count("\n") - new.count("\n")
        return Mutation(
            start, end, new + "\n" * kept, self.show(*around), squeeze(before + new + after) or "nothing"
        )


def squeeze(text):
    """A piece of source in one line, without its comments."""
    return " ".join(re.sub(r"/\*.*?\*/|\\\n", " ", text, flags=re.DOTALL).split())


def is_condition(fragment, first, last):
    """Are these tokens a whole condition? It is tried as always true, and as never: its negation adds nothing."""
    if fragment.at(first - 1) == "(" and fragment.partner.get(first - 1) == last + 1:
        return fragment.at(first - 2) in ("if", "while")
    return fragment.at(last + 1) == "?" and fragment.at(first - 1) in ENDS


def operators(fragment, k):
    """Other operators in place of token k, and the operation without one of its operands."""
    text = fragment.at(k)
    if text in NEGATIONS and k not in fragment.binary:
        last = fragment.right(k, 10)
        if not is_condition(fragment, k, last):
            yield fragment.change(k, k, "", (k, last))
    if k not in fragment.binary:
        return
    strength = BINDS[text]
    first, last = fragment.left(k, strength), fragment.right(k, strength)
    if first == k or last == k:
        return  # a macro's body may begin or end with an operator
    if text in BINARY and not (text in ("==", "!=") and is_condition(fragment, first, last)):
        yield fragment.change(k, k, BINARY[text], (first, last))
    if text in SHORTENED:
        yield fragment.change(k, last, "", (first, last))
    if text in EITHER_DROPPED and fragment.bound(first - 1) != strength:
        yield fragment.change(first, k, "", (first, last))


def other_numbers(text, few):
    """One more, one less, and 0; in a table, one more."""
    match = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", text)
    if match is None:
        return []
    number = int(match.group(1), 16 if match.group(1)[:2] in ("0x", "0X") else 10)
    form = "#x" if match.group(1)[:2] in ("0x", "0X") else "d"
    others = [number + 1] if number + 1 not in (1 << 32, 1 << 64) else []
    if not few or not others:
        others += [n for n in (number - 1, 0) if 0 <= n < number]
    return [f"{n:{form}}" + match.group(2) for n in dict.fromkeys(others)]


def around_value(fragment, k):
    """What is shown with a value: the operation that it is part of, or the call, or the assignment."""
    for operator in (k - 1, k + 1):
        if operator in fragment.binary:
            strength = BINDS[fragment.at(operator)]
            return fragment.left(operator, strength), fragment.right(operator, strength)
    before = fragment.at(k - 1)
    if before == "return":
        return k - 1, k
    if before in ASSIGNMENTS:
        return fragment.left(k - 1, 0), k
    opening = k
    while opening >= 0 and fragment.at(opening) not in ("(", "[", "{", ";"):
        opening = fragment.partner.get(opening, opening) - 1
    if opening > 0 and fragment.at(opening) in ("(", "[") and fragment.ends_value(opening - 1):
        first, last = fragment.left(opening, 10), fragment.partner.get(opening, k)
        if len(fragment.show(first, last)) <= 60:
            return first, last
    return k, k


def values(fragment, k, few):
    """Other constants in place of token k; nothing in place of a call without arguments."""
    token = fragment.tokens[k]
    if token.kind == "number":
        if fragment.at(k - 1) == "[" and fragment.at(k + 2) == "=" and fragment.at(k + 3) == "{":
            return  # the length of a list
        for number in other_numbers(token.text, few):
            yield fragment.change(k, k, number, around_value(fragment, k))
    elif token.text in ("true", "false"):
        yield fragment.change(k, k, "false" if token.text == "true" else "true", around_value(fragment, k))
    elif token.kind == "name" and fragment.at(k - 1) == "=" and fragment.at(k + 1) == "(" and fragment.at(k + 2) == ")":
        if fragment.at(k + 3) == ";":
            yield fragment.change(k, k + 2, "0", (fragment.left(k - 1, 0), k + 2))


def conditions(fragment, k):
    """Conditions that are always true, or never. A loop is only left, since one without an end is always found."""
    text = fragment.at(k)
    if text in ("if", "while") and fragment.at(k + 1) == "(":
        end = fragment.partner[k + 1]
        for value in ("1", "0") if text == "if" else ("0",):
            yield fragment.change(k + 2, end - 1, value, (k, end))
    elif text == "for" and fragment.at(k + 1) == "(":
        first = k + 2
        while fragment.at(first) != ";":
            first = fragment.partner[first] + 1 if fragment.at(first) in OPEN else first + 1
        last = fragment.right(first, 0)
        if last > first:
            yield fragment.change(first + 1, last, "0", (k, fragment.partner[k + 1]))
    elif text == "?":
        first = fragment.left(k, 0)
        last = k + 1
        while fragment.at(last) != ":":
            last = fragment.partner[last] + 1 if fragment.at(last) in OPEN else last + 1
        last = fragment.right(last, 0)
        for value in ("1", "0"):
            yield fragment.change(first, k - 1, value, (first, last))


def statement(fragment, k):
    """The statement that begins at token k is dropped, if it is an expression or leaves a loop."""
    token = fragment.tokens[k]
    if token.text in ("break", "continue") and fragment.at(k + 1) == ";":
        yield fragment.change(k, k, "", (k, k + 1))
        return
    if token.text in OTHER_WORDS or token.text in ("{", "}", "[", "]", ")", ";"):
        return
    if fragment.is_type(token.text) or NOT_CODE.fullmatch(token.text):
        return
    last = k
    while last < len(fragment.tokens) and fragment.at(last) not in ("{", "}", ";", ":"):
        last = fragment.partner.get(last, last) + 1 if fragment.at(last) in ("(", "[") else last + 1
        if fragment.at(last) == "?":
            last = fragment.right(last, -1) + 1
        if fragment.at(last) == "{" and fragment.at(last - 1) == ")" and fragment.is_cast(fragment.partner[last - 1]):
            last = fragment.partner[last] + 1  # a structure's value
    declared = fragment.tokens[k + 1].kind == "name" or (
        fragment.at(k + 1) == "*" and fragment.tokens[k + 2].kind == "name" and fragment.at(k + 3) in ("=", ";", ",")
    )
    ignored = token.text == "(" and fragment.show(k, fragment.partner[k]) == "(void)"
    if last < len(fragment.tokens) and fragment.at(last) == ";" and not declared and not ignored:
        yield fragment.change(k, last - 1, "", (k, last))


# What a pair of braces holds.
BODY, TYPE, LIST = "body", "type", "list"


def begins(fragment, k, inside):
    """What the brace at token k opens."""
    before = fragment.at(k - 1)
    if before == '"C"':
        return inside  # extern "C"
    tag = k - 1 if before in TAGS else k - 2
    if fragment.at(tag) == ")" and fragment.at(fragment.partner.get(tag, tag) - 1) == "__attribute__":
        tag = fragment.partner[tag] - 2  # struct __attribute__((...)) name {
    if fragment.at(tag) in TAGS:
        return LIST if fragment.at(tag) == "enum" else TYPE
    if before == ")" and k - 1 in fragment.partner:
        return LIST if inside == BODY and fragment.is_cast(fragment.partner[k - 1]) else BODY
    return LIST if before == "=" or inside == LIST and before in ("{", ",") else BODY


def code_mutations(fragment):
    """The mutations of a file's code: of functions, of lists of constants and of initializers."""
    stack, skipped_to, tokens = [], -1, fragment.tokens
    for k, token in enumerate(tokens):
        if k <= skipped_to:
            continue
        inside = stack[-1][0] if stack else None
        if token.text == "{":
            kind = begins(fragment, k, inside)
            numbers = sum(t.kind == "number" for t in tokens[k:fragment.partner.get(k, k)])
            stack.append((TYPE if inside == TYPE else kind, numbers >= TABLE and kind == LIST))
            continue
        if token.text == "}":
            if stack:
                stack.pop()
            continue
        if NOT_CODE.fullmatch(token.text) and fragment.at(k + 1) == "(":
            skipped_to = fragment.partner.get(k + 1, k)
            continue
        if inside == BODY:
            if fragment.at(k - 1) in ("{", "}", ";", "else", "do") or closes_condition(fragment, k - 1):
                if not in_brackets(fragment, k):
                    yield from statement(fragment, k)
            yield from conditions(fragment, k)
        if inside in (BODY, LIST):
            yield from operators(fragment, k)
            yield from values(fragment, k, stack[-1][1])


def closes_condition(fragment, k):
    """Is token k the end of a condition, or of a label?"""
    if fragment.at(k) == ")" and k in fragment.partner:
        return fragment.at(fragment.partner[k] - 1) in ("if", "while", "for", "switch")
    return fragment.at(k) == ":" and (fragment.at(k - 2) == "case" or fragment.at(k - 1) == "default")


def in_brackets(fragment, k):
    """Is token k between round brackets, as in the head of a loop?"""
    depth = 0
    while k > 0 and fragment.at(k) not in ("{", "}"):
        k -= 1
        depth += (fragment.at(k) == "(") - (fragment.at(k) == ")")
        if depth > 0:
            return True
    return False


def body_mutations(fragment):
    """The mutations of a macro's body, if it is a value."""
    if any(token.text in ("{", "}", ";") or NOT_CODE.fullmatch(token.text) for token in fragment.tokens):
        return
    for k in range(len(fragment.tokens)):
        yield from conditions(fragment, k)
        yield from operators(fragment, k)
        yield from values(fragment, k, False)


def types_of(texts):
    """The names that sources give to types."""
    return {name for text in texts for name in re.findall(r"\btypedef\b[^;{]*?\b(\w+)\s*;", text)}


def mutations_of(text, types):
    """All mutations of a source, in the order of their places, without those that give the same text."""
    code, bodies = parts_of(text)
    found = {}
    for mutation in code_mutations(Fragment(text, code, types)):
        found.setdefault((mutation.start, mutation.end, mutation.new), mutation)
    for tokens in bodies:
        for mutation in body_mutations(Fragment(text, tokens, types)):
            found.setdefault((mutation.start, mutation.end, mutation.new), mutation)
    return sorted(found.values(), key=lambda mutation: (mutation.start, mutation.end, mutation.new))
