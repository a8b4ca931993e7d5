# SPDX-License-Identifier: MIT
"""Cairn's tools on the host. `tools/cairn` runs them; `tools/cairn-gdb.py` loads a part of them into gdb.

What gdb loads needs nothing but Python's own library (lines.py does without pyelftools): elf, memory, heap, firmware,
check, guards, survey, show, lines, region, text.
"""
