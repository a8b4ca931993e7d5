# SPDX-License-Identifier: MIT
"""Numbers and bytes as they are printed; and the exception that becomes a sentence for the user."""
from __future__ import annotations


class Problem(Exception):
    """What cannot be done, as a sentence for the user. A tool that ends with one has exit status 2."""


def counted(number: int, thing: str) -> str:
    """A number of things: "1 block", "2 blocks"."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def group(number: int) -> str:
    """A number with its thousands apart: "12,345"."""
    return f"{number:,}"


def spell(data: bytes) -> str:
    """Bytes as numbers, and as text if most of them are printable."""
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    shown = f' "{text}"' if text.count(".") <= len(text) // 4 else ""
    return " ".join(f"{byte:02x}" for byte in data) + shown
