#!/bin/sh
# bound-budget.t: `make bound`: every function of every core keeps its budget.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

: "${PYTHON:=/usr/bin/python3}"
tree=build/mps2-an385
plan 4

passes "every function of every core keeps its budget" make bound JOBS=2
cp "$work/said" "$work/table"
awk -F'\t' '$1 == "cortex-m3/-O2" && ($2 == "malloc" || $2 == "free") && $3 >= $4 && $3 <= 1.25 * $4 { n++ }
    END { exit n != 2 }' "$work/table"
result $? "malloc and free take nearly as long as is computed, Cortex-M3 at -O2" "$work/table"
sed 's/^cortex-m3\/-O2 *malloc .*/cortex-m3\/-O2 malloc 100 -/' bench/bound.budget >"$work/budget"
ends "a function above its budget fails" 1 "cortex-m3/-O2: malloc: " \
    "$PYTHON" bench/bound.py --budget "$work/budget" cortex-m3/-O2=$tree/bound/cortex-m3-fast.elf
echo "cortex-m3/-O2 valloc 100 100" >"$work/budget"
ends "a budget for what there is not fails" 1 "valloc: a budget for what there is not" \
    "$PYTHON" bench/bound.py --budget "$work/budget" cortex-m3/-O2=$tree/bound/cortex-m3-fast.elf

done_testing
