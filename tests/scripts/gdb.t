#!/bin/sh
# gdb.t: the gdb commands on a firmware that runs: what they list is what the firmware itself has printed.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/gdb/live.py
