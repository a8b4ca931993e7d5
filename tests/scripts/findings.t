#!/bin/sh
# findings.t: what `make misra` and `make analyze` do with findings and the deviations on record.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 16

cat >"$work/report" <<'END'
allocator/core/heap.c:10: [misra-c2012-15.5]
allocator/core/heap.c:10: [misra-c2012-15.5]
allocator/core/heap.c:12: [misra-c2012-15.5]
port/newlib/reent.c:7: [misra-c2012-15.5]
port/newlib/reent.c:9:3: warning: that is not good [bugprone-x,cert-y]
/usr/include/newlib/stdio.h:3: [misra-c2012-15.5]
END

# compare SECTION ROW...: the report with these rows in the section of a document.
compare() {
    section=$1
    shift
    {
        printf '## %s\n\n| rule | where | lines | why |\n|---|---|---|---|\n' "$section"
        printf '%s\n' "$@"
        printf '## Last\n\n| 1.1 | allocator | 7 | Of another section. |\n'
    } >"$work/document"
    "${PYTHON:-/usr/bin/python3}" tests/scripts/findings.py $mode "$work/document" "$section" "$work/report"
}
mode=

misra="MISRA C:2012"
passes "findings that are all on record pass" compare "$misra" "| 15.5 | allocator, port | 3 | Early. |"
passes "an entry for a folder leaves a file of it to its own" compare "$misra" \
    "| 15.5 | allocator, port | 2 | Early. |" "| 15.5 | port/newlib/reent.c | 1 | Late. |"
refuses "a finding without an entry is an error" "port/newlib/reent.c:7: 15.5: no deviation is on record" \
    compare "$misra" "| 15.5 | allocator | 2 | Early. |"
refuses "a finding more than on record is an error" "2 lines are on record, 3 are found: allocator/core/heap.c 2" \
    compare "$misra" "| 15.5 | allocator, port | 2 | Early. |"
refuses "a finding less than on record is an error" "4 lines are on record, 3 are found" \
    compare "$misra" "| 15.5 | allocator, port | 4 | Early. |"
refuses "an entry without a finding is an error" "11.3 in allocator: a deviation without a finding" \
    compare "$misra" "| 15.5 | allocator, port | 3 | Early. |" "| 11.3 | allocator | 1 | Gone. |"
passes "any number may be on record" compare "$misra" "| 15.5 | allocator, port | any | Early. |"
refuses "but none is an error" "11.3 in allocator: a deviation without a finding" \
    compare "$misra" "| 15.5 | allocator, port | any | Early. |" "| 11.3 | allocator | any | Gone. |"
refuses "a mandatory rule has no entry" "17.3 in allocator: cannot be deviated from" \
    compare "$misra" "| 15.5 | allocator, port | 3 | Early. |" "| 17.3 | allocator | 1 | No. |"
passes "other findings have a section of their own" compare "Other analyses" "| bugprone-x,cert-y | port | 1 | So. |"

echo "allocator/core/map.h:3: [syntaxError]" >>"$work/report"
refuses "a file that was not read is an error in either section" \
    "allocator/core/map.h:3: syntaxError: no deviation is on record" \
    compare "$misra" "| 15.5 | allocator, port | 3 | Early. |"
refuses "and has no entry" "syntaxError in allocator: cannot be deviated from" \
    compare "$misra" "| 15.5 | allocator, port | 3 | Early. |" "| syntaxError | allocator | 1 | No. |"
sed -i '$d' "$work/report"

mode=--write
passes "the numbers of today can be written" compare "$misra" "| 15.5 | allocator, port | 1 | Early. |"
grep -qF "| 15.5 | allocator, port | 3 | Early. |" "$work/document"
result $? "they are in the table then" "$work/document"
compare "$misra" "| 15.5 | allocator, port | any | Early. |" >"$work/said"
grep -qF "| 15.5 | allocator, port | any | Early. |" "$work/document"
result $? "any number stays any" "$work/document"
grep -qF "| 1.1 | allocator | 7 | Of another section. |" "$work/document"
result $? "other sections stay as they are" "$work/document"

done_testing
