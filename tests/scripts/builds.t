#!/bin/sh
# builds.t: the tools name an ELF file of another build, and do not believe it.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/gdb/builds.py
