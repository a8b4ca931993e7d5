#!/bin/sh
# lost.t: a trace from which records are missing says so, and no tool takes it for the whole run.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/lost.py
