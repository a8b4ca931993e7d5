#!/bin/sh
# leaks.t: cairn leaks: what is new and still live between two moments.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/leaks.py
