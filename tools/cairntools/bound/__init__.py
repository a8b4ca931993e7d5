# SPDX-License-Identifier: MIT
"""The longest path through a function of a linked firmware. docs/bound.md says what each module does."""
