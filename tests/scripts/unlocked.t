#!/bin/sh
# The stress test can fail: with the lock compiled out, it does.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

board=${CAIRN_TEST_BOARD:-mps2-an385}

plan 1
tests/run-one build/$board/unlocked/stress/nested.elf >"$work/said" 2>&1
status=$?
[ "$status" -ne 0 ] && [ "$status" -ne 124 ] && ! grep -q '^ok 3' "$work/said"
result $? "without a lock, the stress of nested interrupts is found out" "$work/said"

done_testing
