#!/bin/sh
# planted.t: the bugs planted in tests/planted lead to the guilty lines by the ways of docs/debugging.md.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/planted.py
