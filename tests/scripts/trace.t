#!/bin/sh
# trace.t: cairn trace: what a firmware recorded replays to the same map; damaged records are told.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/trace.py
