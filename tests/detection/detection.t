#!/bin/sh
# detection.t: what the detection matrix says is what docs/detection.md says; and, with other layouts too,
# what is promised there for all of them. Columns of a row: section, what, operation, tries, at once,
# by cairn_check, too late, later, harmless, not found, astray, endless.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
python=${PYTHON:-/usr/bin/python3}
plan 15

# holds NAME ROWS CONDITION: no row that fits the awk pattern ROWS breaks CONDITION, and some row fits.
holds() {
    awk -F '\t' "$2 { fits++; if (!($3)) print } END { exit fits == 0 }" "$work/rows" >"$work/said" && [ ! -s "$work/said" ]
    result $? "$1" "$work/said"
}

# promises LAYOUT: what holds for every library.
promises() {
    holds "$1: damage to a free block is found when it is taken, or the block below it is used" \
        '$1 ~ /^A free/ && $2 !~ /forged|between/ && $3 ~ /taken|below/' '$5 == $4'
    holds "$1: damage to a free block harms no live one" '$1 ~ /^A free/' '$7 + $10 + $11 + $12 == 0'
    holds "$1: a pointer that is no live block's is found" '$1 ~ /^A pointer/ && $2 !~ /again/' '$5 == $4'
    holds "$1: nothing goes astray for any other reason than what is believed, nor goes on for ever" \
        '$2 !~ /bins?$|^`(nonempty|top|limit)`$/' '$11 + $12 == 0'
}

build/host/detection/32/matrix >"$work/rows"
result $? "32: every operation goes well on the sound heaps" "$work/rows"
$python tests/detection/table.py --check docs/detection.md 1="$work/rows"
result $? "docs/detection.md has the table that make matrix prints"
promises 32

# The same numbers, but for pointers: there are more of them.
build/host/detection/32/matrix 7 | grep -v '^A pointer' >"$work/narrow"
build/host/detection/64/matrix 7 | grep -v '^A pointer' >"$work/rows"
[ -s "$work/narrow" ] && diff "$work/narrow" "$work/rows" >"$work/said"
result $? "64: the rows are those of 32 bits" "$work/said"
for layout in 64-wide 32-small; do
    build/host/detection/$layout/matrix 7 >"$work/rows"
    promises $layout
done

done_testing
