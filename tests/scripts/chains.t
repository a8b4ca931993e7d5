#!/bin/sh
# chains.t: callers that were inlined are named with those that they were inlined into.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/chains.py
