#!/bin/sh
# progress.t: cairn size says on a terminal how far it is, and does nothing twice: tests/tools/progress.py.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/progress.py
