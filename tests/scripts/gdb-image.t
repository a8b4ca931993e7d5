#!/bin/sh
# gdb-image.t: the same from an image of RAM, or a core, and the ELF file alone.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/gdb/image.py
