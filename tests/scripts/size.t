#!/bin/sh
# size.t: cairn size: the smallest heap of a program, other orders of it, bounds.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/size.py
