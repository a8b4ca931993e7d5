#!/bin/sh
# tools.t: tools/cairn knows its tools and refuses all else; wrong arguments end in a sentence: tests/tools/cli.py.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/cli.py
