#!/bin/sh
# The test that interrupts every instruction can fail: over a heap that unlocks too early, it does.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

board=${CAIRN_TEST_BOARD:-mps2-an385}

plan 5

# found NAME IMAGE: does the test go well up to its first interrupts, and then find damage?
found() {
    tests/run-one "build/$board/early/$2.elf" >"$work/said" 2>&1
    status=$?
    [ "$status" -eq 1 ] && grep -q '^ok 1' "$work/said" && grep -q '^# instructions of a path' "$work/said" &&
        grep -qE 'interrupted after instruction|was overwritten$|already free$|of this heap$' "$work/said"
    result $? "$1" "$work/said"
}

found "an unlock before the used bits are turned is found" used
found "an unlock before the map has the end of a rest is found" rest
found "an unlock before a freed block is in its bin is found" freed
found "an unlock before a merged block is in its bin is found" merged
found "a start without the lock is found" start

done_testing
