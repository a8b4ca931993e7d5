# SPDX-License-Identifier: MIT
"""The command `cairn`: the list of its tools, and what all of them do alike: options, errors, exit status."""
from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Sequence

from .callers import Callers
from .text import Problem

# Name -> its module, which has run(words), and what it does.
TOOLS = {
    "bound": ("bound.tool", "the longest path through malloc, free and so on, computed from a linked firmware"),
    "flame": ("flame", "live bytes by call stack, for viewers of flame graphs"),
    "image": ("image", "the heaps in an image of RAM or a core: every block, all damage"),
    "leaks": ("leaks", "what is new and still live between two moments, by call stack"),
    "link": ("link", "what a firmware got from its link: heap, stack, options, and what is wrong"),
    "size": ("size", "how large the heap of a recorded program must be"),
    "trace": ("trace", "turns what a firmware recorded (CAIRN_TRACE=1) into a trace"),
    "view": ("view", "the heap of a recorded program over time, as one HTML file or a picture"),
}
NAMES = ", ".join(TOOLS)
PACKAGES = {"capstone": "python3-capstone", "elftools": "python3-pyelftools"}  # of Debian, by module
REFUSED = 2  # exit status: wrong arguments, or input that cannot be read
INTERRUPTED = 130


def usage() -> str:
    """The list of the tools, as `cairn --help` prints it."""
    rows = "".join(f"    {name:8}{summary}\n" for name, (_, summary) in TOOLS.items())
    return f"usage: cairn TOOL ARGUMENT...\n\n{rows}\n`cairn TOOL --help` describes a tool."


def parser_of(name: str, text: str | None) -> argparse.ArgumentParser:
    """A parser for the tool `name`, whose help is `text`: the docstring of its module."""
    return argparse.ArgumentParser(prog=f"cairn {name}", description=text,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def number(text: str, base: int, least: int, what: str) -> int:
    """The number that an option's text is, from `least` on. Another text is refused: it is not `what`."""
    try:
        value = int(text, base)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"{text} is not {what}")
    return value


def address(text: str) -> int:
    """The type of an option that is an address."""
    return number(text, 0, 0, "an address: decimal, or 0x and hexadecimal")


def count(text: str) -> int:
    """The type of an option that is a number from 0 on."""
    return number(text, 10, 0, "a number from 0 on")


def positive(text: str) -> int:
    """The type of an option that is a number from 1 on."""
    return number(text, 10, 1, "a number from 1 on")


def add_skip(parser: argparse.ArgumentParser) -> None:
    """The options of a tool that names callers: which of them say nothing."""
    parser.add_argument("--skip", action="append", default=[], metavar="NAME",
                        help="a wrapper of malloc(): where it was inlined, its caller is named (operator new, and "
                             "names that end in malloc and so on, are skipped anyway)")
    parser.add_argument("--no-skip", action="store_true", help="name all functions, wrappers too")


def callers_of(path: str, args: argparse.Namespace) -> Callers:
    """Who called, by an ELF file and these options."""
    return Callers(path, args.skip, not args.no_skip)


def refuse(who: str, message: str) -> int:
    """Print why `who` ends here. Returns the exit status."""
    print(f"{who}: {message}", file=sys.stderr)
    return REFUSED


def sentence(error: OSError) -> str:
    """An error of the operating system, with the file's name."""
    words = error.strerror or str(error)
    return f"{error.filename}: {words}" if error.filename else words


def run(name: str, words: Sequence[str]) -> int:
    """Run a tool. Returns its exit status; an error that the user can mend is a sentence, not a traceback."""
    who = f"cairn {name}"
    try:
        module = importlib.import_module(f".{TOOLS[name][0]}", __package__)
        status: int = module.run(words)
        return status
    except Problem as problem:
        return refuse(who, str(problem))
    except ModuleNotFoundError as error:
        missing = str(error.name).split(".", maxsplit=1)[0]
        if missing not in PACKAGES:
            raise
        return refuse(who, f"it needs the Python module {missing}, Debian's package {PACKAGES[missing]}")
    except BrokenPipeError:
        raise
    except OSError as error:
        return refuse(who, sentence(error))


def choose(words: Sequence[str]) -> int:
    """Run the tool that the first word names. Returns the exit status."""
    if not words:
        print(usage(), file=sys.stderr)
        return REFUSED
    name, *rest = words
    if name in ("-h", "--help"):
        print(usage())
        return 0
    if name not in TOOLS:
        return refuse("cairn", f"there is no tool {name}; the tools are {NAMES}")
    return run(name, rest)


def main(words: Sequence[str]) -> int:
    """`cairn TOOL ARGUMENT...`. Returns the exit status: the tool's own; 2 without a tool, or with another name."""
    if sys.stderr is None:  # closed; print() would take the standard output in its place
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    if sys.stdout is None:
        return refuse("cairn", "the standard output is closed")
    try:
        try:
            return choose(words)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has gone, which is no error to report
        _drop_output()
        return REFUSED
    except OSError as error:
        _drop_output()
        return refuse("cairn", sentence(error))
    except KeyboardInterrupt:
        return INTERRUPTED


def _drop_output() -> None:
    """What is left in the buffer goes nowhere, and is no error when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
