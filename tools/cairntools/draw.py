# SPDX-License-Identifier: MIT
"""Pictures as SVG: the heap at one moment, and a curve. No library is needed."""
from __future__ import annotations

import math
import shutil
import subprocess
from typing import TYPE_CHECKING, Callable, Iterator, Sequence
from xml.sax.saxutils import escape

from .stacks import stack_of, words
from .text import Problem, brief, fit, group

if TYPE_CHECKING:
    from .view import Moment, Placed

# Of M. Okabe and K. Ito, "Color Universal Design", 2008: told apart with every kind of colour vision.
CATEGORIES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"]
OTHERS = "#9a9a9a"
# Seven steps of viridis (N. Smith, S. van der Walt, 2015), light to dark: in order, in grey as well.
STEPS = ["#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154"]
INK, FAINT, LINE = "#1f2933", "#616e7c", "#cbd2d9"
CONTROL, ABOVE, FREE, PAGE = "#52606d", "#e9edf1", "#ffffff", "#f5f7fa"
USED, TOP, LARGEST = "#0072b2", "#d55e00", "#009e73"
FONT = "font-family=\"'Inter','Segoe UI','Helvetica Neue','DejaVu Sans',sans-serif\""

SIZE_STEPS = [16, 32, 64, 128, 256, 1024]  # bytes: the largest of each step but the last
AGE_STEPS = [15, 63, 255, 1023, 4095, 16383]  # operations


def step_names(steps: Sequence[int], unit: str) -> list[str]:
    """The names of what lies between steps: one more than there are steps."""
    lows = [0] + [step + 1 for step in steps]
    names = [f"{group(low)} to {group(high)}" for low, high in zip(lows, steps)] + [f"{group(lows[-1])} or more"]
    return [f"{name} {unit}" for name in names]


def step_of(value: int, steps: Sequence[int]) -> int:
    """Which of the names a value has."""
    return next((i for i, step in enumerate(steps) if value <= step), len(steps))


class Svg:
    """A picture; its size may be set until it is made a string. `more` is attributes."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, fill: str, more: str = "") -> None:
        """Add a filled rectangle."""
        self._parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" {more}/>')

    def text(self, x: float, y: float, text: str, size: int = 12, fill: str = INK, more: str = "") -> None:
        """Add a line of text, its baseline at y."""
        self._parts.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}" {more}>{escape(text)}</text>')

    def path(self, points: Sequence[tuple[float, float]], stroke: str, more: str = "") -> None:
        """Add a line through points."""
        d = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._parts.append(f'<path d="{d}" fill="none" stroke="{stroke}" {more}/>')

    def __str__(self) -> str:
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
                f'viewBox="0 0 {self.width} {self.height}" {FONT}>\n<defs><pattern id="above" width="6" height="6" '
                f'patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="{ABOVE}"/>'
                f'<path d="M0 6L6 0" stroke="{LINE}"/></pattern></defs>\n'
                f'<rect width="100%" height="100%" fill="{PAGE}"/>\n' + "\n".join(self._parts) + "\n</svg>\n")


# ---- The heap at one moment -------------------------------------------------------------------------


def columns(granules: int) -> int:
    """Granules in a row of the map: a power of two, for a picture about twice as wide as it is high."""
    return min(512, max(32, 1 << round(math.log2(math.sqrt(granules * 2)))))


def runs(first: int, count: int, row: int) -> Iterator[tuple[int, int, int]]:
    """The rows of the map that granules lie in: (column, row, granules)."""
    while count > 0:
        column = first % row
        part = min(count, row - column)
        yield column, first // row, part
        first, count = first + part, count - part


def legend(moment: Moment, mode: str) -> tuple[list[tuple[str, str]], Callable[[Placed], str]]:
    """(colour, text) of each kind of block that the picture has, and the colour of a block."""
    if mode == "site":
        askers = [words(stack_of(site)[:1]) for site in moment.sites]
        bytes_of: dict[str, int] = {}
        for block in moment.blocks:
            bytes_of[askers[block.site]] = bytes_of.get(askers[block.site], 0) + block.size
        order = sorted(bytes_of, key=lambda asker: -bytes_of[asker])
        colours = dict(zip(order, CATEGORIES))
        entries = [(colour, f"{fit(brief(asker), 36)}: {group(bytes_of[asker])} bytes")
                   for asker, colour in colours.items()]
        rest = sum(bytes_of[s] for s in order if s not in colours)
        if rest:
            entries.append((OTHERS, f"{len(order) - len(CATEGORIES)} other sites: {group(rest)} bytes"))
        return entries, lambda block: colours.get(askers[block.site], OTHERS)
    steps, unit = (AGE_STEPS, "operations old") if mode == "age" else (SIZE_STEPS, "bytes")
    entries = list(zip(STEPS, step_names(steps, unit)))
    return entries, lambda block: STEPS[step_of(moment.at - block.born if mode == "age" else block.size, steps)]


def draw_map(svg: Svg, moment: Moment, colour: Callable[[Placed], str], x: int, y: int, width: int) -> int:
    """The map at x, y. Returns its height."""
    row = columns(moment.shown)
    cell = width / row
    rows = -(-moment.shown // row)
    height = max(4, round(cell)) if rows > 24 else 14

    def fill(first: int, count: int, paint: str, gap: float) -> None:
        for column, line, part in runs(first, count, row):
            start = gap if column + line * row == first else 0
            left, wide = round(x + column * cell + start, 2), round(part * cell - start, 2)
            svg.rect(left, y + line * height, wide, height - 1, paint)

    fill(0, moment.control, CONTROL, 0)
    fill(moment.control, moment.top - moment.control, FREE, 0)
    fill(moment.top, moment.shown - moment.top, "url(#above)", 0)
    for block in moment.blocks:
        fill(block.place, block.granules, colour(block), 0.75)
    end, low, last = x + (moment.shown - (rows - 1) * row) * cell, y + rows * height, y + (rows - 1) * height
    svg.path([(x, y), (x + width, y), (x + width, last), (end, last), (end, low), (x, low), (x, y)], LINE)
    step = max(1, 2 ** math.ceil(math.log2(max(1, 14 / height))))
    for line in range(0, rows, step):
        svg.text(x - 8, y + line * height + 9, f"+{line * row * moment.granule:#x}", 9, FAINT, 'text-anchor="end"')
    return rows * height


def heap_svg(moment: Moment, mode: str) -> str:
    """The map of the heap at a moment (view.py), its figures, and what the colours mean."""
    entries, colour = legend(moment, mode)
    entries = entries + [(CONTROL, "control data"), (FREE, "free"), ("url(#above)", "above the top, free")]
    svg = Svg(1040, 0)
    svg.text(72, 34, moment.title, 18, INK, 'font-weight="600"')
    svg.text(72, 54, moment.caption, 12, FAINT)
    top = 72
    for warning in moment.warnings:
        svg.text(72, top, warning if len(warning) < 150 else warning[:147] + "...", 12, TOP, 'font-weight="600"')
        top += 20
    height = draw_map(svg, moment, colour, 72, top, 944)
    y = top + height + 24
    for i, (name, value) in enumerate(moment.figures):
        svg.text(72 + i * 157, y, name, 11, FAINT)
        svg.text(72 + i * 157, y + 18, value, 14, INK, 'font-weight="600"')
    y += 48
    for i, (paint, text) in enumerate(entries):
        column, line = i % 3, i // 3
        svg.rect(72 + column * 315, y + line * 20 - 10, 12, 12, paint, f'stroke="{LINE}"')
        svg.text(90 + column * 315, y + line * 20, text if len(text) < 48 else text[:45] + "...")
    svg.height = round(y + -(-len(entries) // 3) * 20 + 4)
    return str(svg)


# ---- A curve ----------------------------------------------------------------------------------------


def round_step(most: float, wanted: int) -> float:
    """A round number, of which about `wanted` reach up to `most`."""
    power = 10.0 ** math.floor(math.log10(most / wanted))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= most / wanted)


def refusals_svg(name: str, rows: Sequence[tuple[int, int]], fit: int) -> str:
    """Requests refused against the bytes of the heap; the smallest one that refuses none is marked."""
    left, top, width, height = 72, 72, 640, 260
    low, high = rows[0][0], rows[-1][0]
    most = max(1, max(refused for _, refused in rows))
    decades = max(1, math.ceil(math.log10(most + 1)))

    def x(size: float) -> float:
        return left + (size - low) / max(1, high - low) * width

    def y(refused: int) -> float:
        return top + height - math.log10(refused + 1) / decades * height

    svg = Svg(left + width + 24, top + height + 60)
    svg.text(left, 34, f"{name}: requests refused, by the size of the heap", 16, INK, 'font-weight="600"')
    svg.text(left, 54, f"Dashed: {group(fit)} bytes. It refuses none, nor does any up to 30 % larger.", 12, FAINT)
    for power in range(decades + 1):
        value = 10 ** power if power else 0
        svg.path([(left, y(value)), (left + width, y(value))], LINE)
        svg.text(left - 8, y(value) + 4, group(value), 11, FAINT, 'text-anchor="end"')
    step = round_step((high - low) / 1024, 6)
    for i in range(math.ceil(low / 1024 / step), math.floor(high / 1024 / step) + 1):
        svg.text(x(i * step * 1024), top + height + 20, f"{i * step:g}", 11, FAINT, 'text-anchor="middle"')
    svg.text(left + width / 2, top + height + 42, "heap, KiB", 12, FAINT, 'text-anchor="middle"')
    svg.path([(x(fit), top), (x(fit), top + height)], LARGEST, 'stroke-width="1.5" stroke-dasharray="5 4"')
    svg.path([(x(size), y(refused)) for size, refused in rows], TOP, 'stroke-width="2" stroke-linejoin="round"')
    return str(svg)


# ---- Pixels -----------------------------------------------------------------------------------------


def to_png(svg: str, path: str) -> bool:
    """Write the picture as a PNG. False if there is no program for it."""
    program = shutil.which("rsvg-convert")
    if program is None:
        return False
    drawn = subprocess.run([program, "--zoom", "2"], input=svg.encode(), stdout=subprocess.PIPE, check=False)
    if drawn.returncode:
        raise Problem(f"{path}: rsvg-convert cannot draw it")
    with open(path, "wb") as file:
        file.write(drawn.stdout)
    return True
