#!/bin/sh
# make.t: what make promises: a second one does nothing, help names the targets, fit prints its lines.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 8

make all >/dev/null 2>&1
make all >"$work/said" 2>&1
! grep -v 'Nothing to be done' "$work/said"
result $? "a second make does nothing" "$work/said"
passes "a second make has nothing to do" make -q all

# Other choices, in a folder of their own.
library=$work/build/mps2-an385/libcairn.a
make -s BUILD="$work/build" "$library" >/dev/null 2>&1
passes "made with the same choices, a library stays" make -q BUILD="$work/build" "$library"
fails() {
    ! "$@"
}
passes "another optimization makes it anew" fails make -q BUILD="$work/build" OPT=-O2 "$library"
make -s BUILD="$work/build" OPT=-O2 "$library" >/dev/null 2>&1
passes "and then it stays" make -q BUILD="$work/build" OPT=-O2 "$library"

make help >"$work/said" 2>&1
for target in all run test fit bench bound size help clean; do
    grep -q "^  make $target:" "$work/said" || echo "missing: $target" >>"$work/missing"
done
[ ! -f "$work/missing" ]
result $? "help names the targets" "$work/missing"

trace=$(wc -l tests/traces/*.trace | sort -n | sed -n 's/^ *[0-9]* \(tests.*\)/\1/p' | head -n 1)
make fit TRACES="$trace" >"$work/fit" 2>"$work/said"
[ "$(wc -l <"$work/fit")" -eq 1 ]
result $? "fit prints a line for a trace, and nothing else" "$work/fit"
awk -F '\t' 'NF != 4 || $2 + 0 <= 0 || $3 + 0 < $2 + 0 || $4 + 0 < 1 || $4 + 0 > 2 { exit 1 }' "$work/fit"
result $? "the line has the trace, its peak, the heap that fits, and their ratio" "$work/fit"

done_testing
