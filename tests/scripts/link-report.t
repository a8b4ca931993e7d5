#!/bin/sh
# link-report.t: tools/cairn link finds each way in which a firmware's heap goes wrong, and no others: tests/tools/link.py.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/link.py
