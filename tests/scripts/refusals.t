#!/bin/sh
# refusals.t: no tool ends in a traceback, whatever it is given and whenever it is ended: tests/tools/refusals.py.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/refusals.py
