#!/bin/sh
# bound-runs.t: what runs, goes along the paths that tools/cairn bound computes, and takes no longer.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

: "${PYTHON:=/usr/bin/python3}"
tree=build/mps2-an385
plan 8

# One scene of bench/worst.c in so many.
for image in cortex-m0-fast:600 cortex-m0-small:600 cortex-m3-fast:200 cortex-m3-small:200; do
    passes "each call of a run goes along a computed path, ${image%:*}" "$PYTHON" tests/bound/follow.py \
        $tree/bound/"${image%:*}".elf mps2-an385 "${image#*:}" malloc free realloc aligned_alloc
done
ends "a fact that is wrong is found out by a run" 1 "left all computed paths" "$PYTHON" tests/bound/follow.py \
    --fact "never cairn_heap_live_size then heap_attach" $tree/bound/cortex-m3-small.elf mps2-an385 1000 \
    malloc free realloc aligned_alloc

"$PYTHON" bench/random_trace.py random-log-uniform >"$work/random-log-uniform.trace"
eval "set -- $(cat $tree/bound/replay.args)"
passes "no call of a replayed program takes longer than computed" \
    "$PYTHON" tests/bound/replayed.py "$@" tests/traces/*.trace "$work/random-log-uniform.trace"

# longest_masked BOARD: is what tests/target/masked.c finds not longer than what is computed of it?
longest_masked() {
    image=build/$1/newlib/target/masked.elf
    tests/run-one "$image" >"$work/masked" && tools/cairn bound --rows "$image" >"$work/rows" || return 1
    found=$(sed -n 's/^# longest masked stretch.* //p' "$work/masked" | sort -n | tail -n 1)
    computed=$(cut -f5 "$work/rows" | sort -n | tail -n 1)
    echo "measured $found, computed $computed"
    [ "$found" -gt 100 ] && [ "$found" -le "$computed" ]
}
passes "no stretch with interrupts off that is measured is longer than computed, Cortex-M3" longest_masked mps2-an385
passes "likewise on a Cortex-M0" longest_masked microbit

done_testing
