#!/bin/sh
# compare.t: `make compare`: Cairn beside the allocators of the C libraries, over a short trace.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

plan 3

head -n 2000 tests/traces/lua-rules.trace >"$work/short.trace"
make compare TRACES="$work/short.trace" JOBS=2 >"$work/table" 2>"$work/errors"
result $? "the tables are made" "$work/errors"
awk -F' [|] ' '/^[|] cortex-m/ {rows++; if (!($4 ~ /^[0-9.]+ \/ [0-9]+$/ && $7 > 0)) wrong = 1}
    END {exit wrong || rows != 12}' "$work/table"
result $? "three cores have instructions and flash of four allocators each" "$work/table"
grep -q '^| short | [01]\.[0-9]* | [01]\.[0-9]* | [01]\.[0-9]* | [01]\.[0-9]* |$' "$work/table"
result $? "the trace has the RAM of each" "$work/table"

done_testing
