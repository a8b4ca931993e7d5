#!/bin/sh
# size-budget.t: `make size`: what a firmware pays for the heap, and the budget for it.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

: "${PYTHON:=/usr/bin/python3}"
plan 6

make size JOBS=2 >"$work/table" 2>"$work/errors"
status=$?
grep -v '^build/' "$work/errors" >"$work/said"
result $status "every closure and firmware of every core keeps its budget" "$work/said"
awk -F'\t' '{print $1 "/" $2 " " $3}' "$work/table" >"$work/rows"
sed 's/#.*//; s/  */ /g; s/ *-*[0-9]* -*[0-9]*$//; /^$/d' bench/size.budget | diff - "$work/rows" >"$work/said"
result $? "each of them has a budget" "$work/said"
# From the least that is called to the most, as size.py names them.
awk -F'\t' '
    {flash[$1 $2, $3] = $4; of[$1 $2]}
    END {
        n = split("malloc+free, fixed ends|malloc+free|printf|family|all|all+inspection", least, "|")
        for (core in of) {
            for (i = 2; i <= n; i++)
                if (flash[core, least[i - 1]] + 0 >= flash[core, least[i]] + 0) {print core ": " least[i]; wrong = 1}
            if (flash[core, "malloc+free"] >= flash[core, "malloc+free+sbrk"]) {print core ": sbrk"; wrong = 1}
        }
        exit wrong || NR == 0
    }' "$work/table" >"$work/said"
result $? "who calls more pays more, and who does not call sbrk does not pay for it" "$work/said"

# size ROW: Cortex-M3 at -Os with this budget.
size() {
    echo "$1" >"$work/budget"
    "$PYTHON" bench/size.py --link "-nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments" --jobs 2 \
        --budget "$work/budget" "cortex-m3/-Os=mps2-an385=build/size/cortex-m3-Os=-mcpu=cortex-m3 -mthumb"
}
ends "a firmware above its budget fails" 1 "size: cortex-m3/-Os: hello, nano: " size "cortex-m3/-Os hello, nano 100 -"
ends "static RAM above its budget fails" 1 "bytes of static RAM, above the budget of 8" \
    size "cortex-m3/-Os malloc+free - 8"
ends "a budget for what there is not fails" 1 "cortex-m3/-Os: valloc: a budget for what there is not" \
    size "cortex-m3/-Os valloc 100 -"

done_testing
