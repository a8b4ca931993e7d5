#!/bin/sh
# gdb-smashed.t: a large heap whose map is overwritten: no wrong block is listed without a mark.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/gdb/smashed.py
