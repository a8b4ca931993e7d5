#!/bin/sh
# view.t: cairn view: what the page and the pictures show is what another replay finds.
#
# SPDX-License-Identifier: MIT
exec "${PYTHON:-/usr/bin/python3}" tests/tools/view.py
