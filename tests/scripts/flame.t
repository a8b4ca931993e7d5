#!/bin/sh
# flame.t: cairn flame: live bytes by call stack, in the formats of viewers.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/flame.py
