#!/bin/sh
# run.t: the memory layout that `make run` prints: every row has what is in use, measured in the run.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 3

# layout TRACE: the rows that make run prints for it, without what follows.
layout() {
    make run-now TRACE="$1" BOARD=mps2-an385 2>"$work/said" | sed -n '/in use$/,/^$/p'
}

# in_use ROW: of the last layout.
in_use() {
    sed -n "s/^ *$1  *0x[0-9a-f]*  *[0-9]*  *\([0-9]*\)$/\1/p" "$work/layout"
}

printf 'm 0 100\nm 1 200\nr 0 300\nf 1\nf 0\n' >"$work/small.trace"
{
    for i in 0 1 2 3 4 5 6 7; do echo "m $i 400"; done
    for i in 0 1 2 3 4 5 6 7; do echo "f $i"; done
} >"$work/large.trace"

layout "$work/small.trace" >"$work/layout"
awk '$2 ~ /^0x/ { rows += NF == 4 && $4 > 0 && $4 <= $3 } END { exit rows != 5 }' "$work/layout"
result $? "each of five rows has something in use, and no more than there is" "$work/layout"
stack=$(in_use stack)
[ "${stack:-0}" -ge 256 ] && [ "${stack:-0}" -le 2048 ] && [ $((${stack:-1} % 4)) -eq 0 ]
result $? "the stack's is a possible depth of a stack" "$work/layout"
heap=$(in_use heap)
layout "$work/large.trace" >"$work/layout"
[ "$(in_use heap)" -ge $((${heap:-0} + 2500)) ]
result $? "the heap's follows the trace" "$work/layout"

done_testing
