#!/bin/sh
# detection.t: what the detection matrix says is what docs/detection.md says; and, with other layouts too,
# what is promised there for all of them. Columns of a row: section, what, operation, tries, at once,
# by cairn_check, too late, later, harmless, not found, astray, endless.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
python=${PYTHON:-/usr/bin/python3}
folder=build/host/detection
some=13 # of so many damages one is tried, except for the table
plan 80

# holds NAME ROWS CONDITION: no row that fits the awk pattern ROWS breaks CONDITION, and some row fits.
holds() {
    awk -F '\t' "$2 { fits++; if (!($3)) print } END { exit fits == 0 }" "$work/rows" >"$work/said" &&
        [ ! -s "$work/said" ]
    result $? "$1" "$work/said"
}

# promises LAYOUT: what holds for every library.
promises() {
    holds "$1: damage to a free block is found when it is taken, or the block below it is used" \
        '$1 ~ /^Free/ && $2 !~ /one number|forged|between|top/ && $3 ~ /taken|below/' '$5 == $4'
    holds "$1: damage to a link of a free block is found when the block or a neighbour is taken, freed or resized" \
        '$2 ~ /^`(next|prev)`: a bit/ && $3 !~ /stays/' '$5 == $4'
    holds "$1: an overrun into a free block is found when the block that overran is used" \
        '$2 ~ /free block above/' '$5 == $4'
    holds "$1: damage to free memory harms no live block" '$1 ~ /^Free/ && $2 !~ /one number|forged/' '$7 + $10 == 0'
    holds "$1: a wrong limit is found before the top is raised, and harms no live block" \
        '$2 ~ /^`limit(_again)?`$/' '$5 + $6 + $9 == $4'
    holds "$1: a wrong link of a bin harms no live block" '$2 ~ /^`(next|prev)` of a bin$/' '$5 + $6 == $4'
    holds "$1: a pointer that is no live block's is found" '$1 ~ /^A pointer/ && $2 !~ /again/' '$5 == $4'
    holds "$1: nothing goes astray or on for ever" '$4 > 0' '$11 + $12 == 0'
}

# promises_of_level_2 LAYOUT: what holds besides with CAIRN_CHECK=2.
promises_of_level_2() {
    holds "$1: a write after free is found when the memory is taken" \
        '$1 ~ /^Free/ && $2 !~ /one number|forged/ && $3 ~ /taken/' '$5 == $4'
    holds "$1: a block that overran is found when it is used" \
        '$1 ~ /overruns/ && $2 !~ /below/ && $3 ~ /overran/' '$5 == $4'
    holds "$1: a write below a block is found when the one there is used" \
        '$2 ~ /live block below/ && $3 ~ /written/' '$5 == $4'
    holds "$1: a canary is found overwritten by every bit" '$2 ~ /canary/' '$5 == $4'
    holds "$1: damage that is not found at once is found by cairn_check" '$1 ~ /^Free|overruns/' '$5 + $6 == $4'
}

# try LAYOUT [EVERY]: the rows of a layout.
try() {
    $folder/$1/matrix $2 >"$work/rows"
    result $? "$1: every operation goes well on the sound heaps" "$work/rows"
}

try 32
promises 32
cp "$work/rows" "$work/level-1"
try 32-guarded
promises 32-guarded
promises_of_level_2 32-guarded
$python tests/detection/table.py 1="$work/level-1" 2="$work/rows" |
    $python bench/figures.py put --check docs/detection.md "make matrix"
result $? "docs/detection.md has the table that make matrix prints"

# The same numbers, except of pointers: there are more of them.
$folder/32/matrix $some | grep -v '^A pointer' >"$work/narrow"
$folder/64/matrix $some | grep -v '^A pointer' >"$work/rows"
[ -s "$work/narrow" ] && diff "$work/narrow" "$work/rows" >"$work/said"
result $? "64: the rows are those of 32 bits" "$work/said"
for layout in 64-wide 32-coarse 32-small 64-wide-guarded 32-small-guarded; do
    try $layout $some
    promises $layout
    case $layout in *-guarded) promises_of_level_2 $layout ;; esac
done

done_testing
