# SPDX-License-Identifier: MIT
"""The smallest heap region in which a firmware still does what it should, bisected on the emulated board.

No image is linked anew for a size: the words that hold the region's end are found by linking two, and replaced.
"""
from __future__ import annotations

import struct
from typing import Callable

LARGER = (1.01, 1.03, 1.1, 1.3)  # sizes that are tried above the smallest one


class Smallest:
    """Looks for the smallest region of an image.

    `link(bytes)` links it with a region of so many bytes and returns its path; `works(path)` runs it."""

    def __init__(self, link: Callable[[int], str], works: Callable[[str], bool], most: int) -> None:
        self.works, self.most = works, most
        with open(link(most - 8), "rb") as file:
            other = file.read()
        self.path = link(most)
        with open(self.path, "rb") as file:
            self.image = bytearray(file.read())
        # Every word that differs is the region's end; but one is the value of _heap_size in the table of symbols.
        words = {at: struct.unpack_from("<I", self.image, at)[0] for at in range(0, len(other) - 3, 4)
                 if other[at:at + 4] != self.image[at:at + 4]}
        self.places = [at for at, word in words.items() if word != most]
        ends = {words[at] for at in self.places}
        if len(ends) != 1 or len(other) != len(self.image):
            raise RuntimeError(f"{self.path}: with another region more differs than its end")
        self.start = ends.pop() - most

    def fits(self, region: int) -> bool:
        """Does it work with a region of so many bytes?"""
        for at in self.places:
            struct.pack_into("<I", self.image, at, self.start + region)
        with open(self.path, "wb") as file:
            file.write(self.image)
        return self.works(self.path)

    def find(self, near: int = 0) -> int:
        """The size in bytes, to 1/500 of it (16 below 8000); it is looked for near another one. The largest must work.

        Fragmentation is not monotone: larger ones are tried as well, and if one is too small, the search goes on
        above it."""
        low, high = 0, self.most
        for region in (near * 3 // 4 // 8 * 8, near * 5 // 4 // 8 * 8):
            if low < region < high:
                low, high = (low, region) if self.fits(region) else (region, high)
        while True:
            while high - low > max(16, high // 500):
                middle = (low + high) // 2 // 8 * 8
                low, high = (low, middle) if self.fits(middle) else (middle, high)
            larger = (int(high * factor) // 8 * 8 for factor in LARGER)
            failed = [region for region in larger if region < self.most and not self.fits(region)]
            if not failed:
                return high
            low, high = failed[-1], self.most
