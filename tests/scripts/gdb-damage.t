#!/bin/sh
# gdb-damage.t: the same of a heap that is damaged in every way.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/gdb/damage.py
