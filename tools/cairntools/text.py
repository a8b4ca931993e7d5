# SPDX-License-Identifier: MIT
"""Numbers and bytes as they are printed; and the exception that becomes a sentence for the user."""
from __future__ import annotations

import shutil
import subprocess
import sys


class Problem(Exception):
    """What cannot be done, as a sentence for the user. A tool that ends with one has exit status 2."""


class Progress:
    """A line on the terminal about how far a tool is; nothing where standard error is none, or the user wants quiet."""

    def __init__(self, who: str, quiet: bool = False) -> None:
        self._who, self._on = who, sys.stderr.isatty() and not quiet

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._on:
            print(f"\r\x1b[K{self._who}: {text} ...", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Remove it."""
        if self._on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def counted(number: int, thing: str) -> str:
    """A number of things: "1 block", "2 blocks"."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def group(number: int) -> str:
    """A number with its thousands apart: "12,345"."""
    return f"{number:,}"


def brief(name: str) -> str:
    """A function's name without the arguments of templates and of the function: those of C++ fill lines."""
    parts: list[str] = []
    depth = 0
    for n, sign in enumerate(name):
        before = name[:n]
        named = before[-1:].isalnum() or before[-1:] in ("_", ">", ")") and before[-2:] != "->"
        if sign in "<(" and (depth or named and not before.endswith("operator")):
            parts += [f"{sign}..."] * (depth == 0)
            depth += 1
        elif sign in ">)" and depth and before[-1:] != "-":
            depth -= 1
            parts += [sign] * (depth == 0)
        elif depth == 0:
            parts.append(sign)
    return "".join(parts).replace("(...)", "()") if depth == 0 else name


def fit(text: str, width: int) -> str:
    """The text, cut in its middle if it is wider: a line of the source is at its end."""
    if len(text) <= width:
        return text
    end = min(len(text) - text.rfind(" ", 0, -1), width * 2 // 3)
    return text[:max(width - end - 3, 0)] + "..." + text[-end:]


def spell(data: bytes) -> str:
    """Bytes as numbers, and as text if most of them are printable."""
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    shown = f' "{text}"' if text.count(".") <= len(text) // 4 else ""
    return " ".join(f"{byte:02x}" for byte in data) + shown


_demangled: dict[str, str] = {}


def demangle(name: str) -> str:
    """A C++ name as it is written, if a c++filt is there; else as it is."""
    if not name.startswith("_Z"):
        return name
    if name not in _demangled:
        tool = shutil.which("c++filt") or shutil.which("arm-none-eabi-c++filt")
        done = subprocess.run([tool, name], capture_output=True, text=True, check=False) if tool else None
        _demangled[name] = done.stdout.strip() if done and done.stdout.strip() else name
    return _demangled[name]
