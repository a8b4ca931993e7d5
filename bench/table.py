# SPDX-License-Identifier: MIT
"""Tables of Markdown, and the mean that they show."""
from __future__ import annotations

import math
from typing import Iterable, Sequence


def row(cells: Iterable[object]) -> None:
    """Print a row."""
    print("|", " | ".join(map(str, cells)), "|")


def head(titles: Sequence[str], columns_of_text: int = 1) -> None:
    """Print the head of a table: its first columns are text, the others numbers."""
    row(titles)
    print("|" + "---|" * columns_of_text + "---:|" * (len(titles) - columns_of_text))


def geometric_mean(values: Iterable[float]) -> float:
    """Of the values, which are above 0."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))
