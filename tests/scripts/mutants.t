#!/bin/sh
# mutants.t: the tool behind `make mutants`, on a small heap of its own: what it changes, what it finds, and what it
# makes of the record of changes that are equivalent.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

here=$PWD
build=build
mkdir -p "$work/allocator" "$work/tests" "$work/build/plain"
cat >"$work/allocator/counter.h" <<'END'
#ifndef STEP
#define STEP 1 /* an option's default is left as it is */
#endif
#define LIMIT (2 + 3)
_Static_assert(LIMIT > 4, "this is not code");
int port_lock(void);
void port_unlock(int state);
int counter_add(int value, int more);
END
cat >"$work/allocator/counter.c" <<'END'
/* a < b is no code here, and "a < b" neither */
#include "counter.h"

int counter_add(int value, int more)
{
    int state = port_lock();
    if (value > LIMIT && more != 0)
        value = LIMIT;
    port_unlock(state);
    while (more > 4)
        more--;
    if (value == 1234)
        return 0;
    if (more > LIMIT && more < 3)
        return 1;
#ifdef ELSEWHERE
    value = value - 7;
#endif
    return value + more;
}
END
cat >"$work/tests/adds.c" <<'END'
#include "counter.h"
#include <stdio.h>
#include <stdlib.h>
static int depth;
int port_lock(void)
{
    return depth++;
}
void port_unlock(int state)
{
    if (depth != state + 1)
        abort();
    depth = state;
}
int main(void)
{
    int good = counter_add(1, 2) == 3 && counter_add(9, 1) == 6 && counter_add(5, 0) == 5 && counter_add(0, 7) == 4;
    good = good && counter_add(6, 0) == 6 && counter_add(1, 5) == 5 && depth == 0;
    printf("1..1\n%s 1 - adds\n", good ? "ok" : "not ok");
    return 0;
}
END

# build_plain: what make does for the tool.
build_plain() {
    compile="${CC:-gcc} -w -O1 -fPIC -iquote allocator"
    $compile -MMD -c allocator/counter.c -o $build/plain/allocator/counter.o &&
        $compile -MMD -c tests/adds.c -o $build/plain/tests/adds.o &&
        ${CC:-gcc} -shared -Wl,-soname,libheap.so $build/plain/allocator/counter.o -o $build/plain/libheap.so &&
        ${CC:-gcc} $build/plain/tests/adds.o $build/plain/libheap.so -o $build/plain/bin/tests/adds &&
        cat >$build/configurations <<END
configuration plain
compile $compile
compile-tests $compile
link ${CC:-gcc}
after
plain
library $build/plain/libheap.so allocator/counter.c
program $build/plain/bin/tests/adds tests/adds.c
END
}

# mutants ARGUMENT...: the tool, over the small heap.
mutants() {
    (cd "$work" && "${PYTHON:-/usr/bin/python3}" "$here/tests/mutants/mutants.py" --build $build --jobs 2 "$@")
}

# shifts VALUE: make a second heap, whose test shifts by VALUE. One of its two configurations finds undefined shifts.
shifts() {
    mkdir -p "$work/shift/allocator" "$work/shift/tests"
    cat >"$work/shift/allocator/shift.c" <<'END'
unsigned shift(unsigned word, unsigned by)
{
    return word >> by % 32;
}
END
    printf '#include <stdio.h>\nunsigned shift(unsigned, unsigned);\nint main(void)\n{\n    %s\n    return 0;\n}\n' \
        "printf(\"1..1\\n%s 1\\n\", shift(8, $1) == 4 ? \"ok\" : \"not ok\");" >"$work/shift/tests/shifts.c"
    (cd "$work/shift" && rm -f $build/configurations && build_shift plain "" && build_shift sanitized plain \
        -fsanitize=undefined -fno-sanitize-recover=all) >"$work/said" 2>&1
}

# build_shift NAME PLAIN FLAG...: one of its configurations.
build_shift() {
    folder=$build/$1 name=$1 plain=$2
    shift 2
    compile="${CC:-gcc} -w -O1 -fPIC $*"
    mkdir -p $folder/allocator $folder/tests $folder/bin/tests &&
        $compile -MMD -c allocator/shift.c -o $folder/allocator/shift.o &&
        $compile -MMD -c tests/shifts.c -o $folder/tests/shifts.o &&
        $compile -shared -Wl,-soname,libheap.so $folder/allocator/shift.o -o $folder/libheap.so &&
        $compile $folder/tests/shifts.o $folder/libheap.so -o $folder/bin/tests/shifts &&
        cat >>$build/configurations <<END
configuration $name
compile $compile
compile-tests $compile
link $compile
after
plain $plain
library $folder/libheap.so allocator/shift.c
program $folder/bin/tests/shifts tests/shifts.c
END
}

# record LINE...: a record of equivalent changes.
record() {
    printf '%s\n' "$@" >"$work/equivalent"
}

# says NAME FILE WORDS: is this line in the file, as a whole?
says() {
    grep -qxF -- "$3" "$2"
    result $? "$1" "$2"
}

plan 22

mkdir -p "$work/build/plain/allocator" "$work/build/plain/tests" "$work/build/plain/bin/tests"
(cd "$work" && build_plain) >"$work/said" 2>&1
result $? "the small heap is built" "$work/said"

mutants --list allocator/counter.c allocator/counter.h >"$work/list"
says "a comparison is changed" "$work/list" "allocator/counter.c:10: more > 4 -> more >= 4"
says "an operand is dropped" "$work/list" "allocator/counter.c:7: value > LIMIT && more != 0 -> more != 0"
says "a condition is forced" "$work/list" "allocator/counter.c:7: if (value > LIMIT && more != 0) -> if (0)"
says "a statement is dropped" "$work/list" "allocator/counter.c:11: more--; -> ;"
says "a lock is dropped" "$work/list" "allocator/counter.c:6: int state = port_lock() -> int state = 0"
says "a macro is changed" "$work/list" "allocator/counter.h:4: 2 + 3 -> 2 - 3"
! grep -E 'counter.c:[1-4]:|counter.h:([1-3]|5):' "$work/list" >"$work/said"
result $? "comments, strings, defaults of options and static assertions are not" "$work/said"

mutants allocator/counter.c allocator/counter.h >"$work/found"
status=$?
grep -v '|' "$work/found" | grep '^allocator.*:' >"$work/survivors"
[ $status -ne 0 ] && grep -qxF 'allocator/counter.c:12: if (value == 1234) -> if (0)' "$work/survivors"
result $? "a change that no test notices is an error, and printed" "$work/found"
grep 'return value + more\|port_unlock\|port_lock' "$work/survivors" >"$work/said"
[ ! -s "$work/said" ]
result $? "a change that a test notices is not" "$work/said"
grep -q 'value - 7 -> value + 7: not compiled' "$work/build/verdicts" &&
    ! grep -q 'value - 7' "$work/survivors"
result $? "what no configuration compiles is told apart" "$work/build/verdicts"
grep -q 'more--; -> ;: killed by plain tests/adds: no end' "$work/build/verdicts"
result $? "a loop without an end is noticed" "$work/build/verdicts"
grep -qF 'counter.c:14: more > LIMIT -> more >= LIMIT: same code' "$work/build/verdicts"
result $? "what the compiler sees to be the same is told apart, too" "$work/build/verdicts"
grep -q 'counter.h:4: .*: killed by plain tests/adds: failed' "$work/build/verdicts"
result $? "a change of a header is noticed" "$work/build/verdicts"

same="allocator/counter.c: value > LIMIT -> value >= LIMIT"
line="    | if (value > LIMIT && more != 0)"
record "$same" "$line" "    LIMIT becomes LIMIT."
mutants --equivalent equivalent --lines 7 allocator/counter.c >"$work/found"
result $? "a change on record is no error" "$work/found"
record "allocator/counter.c: value > LIMIT && more != 0 -> more != 0" "$line" "    No."
refuses "one that a test notices is" "on record as equivalent, but killed" \
    mutants --equivalent equivalent --lines 7 allocator/counter.c
record "allocator/counter.c: value > LIMIT -> value <= LIMIT" "$line" "    No."
refuses "so is one that is not tried" "no change is so: value > LIMIT -> value <= LIMIT" \
    mutants --equivalent equivalent --lines 6 allocator/counter.c
record "$same" "$line"
refuses "and one without a reason" "an entry has a change, the source's line and a reason" \
    mutants --equivalent equivalent --lines 6 allocator/counter.c
sed -i 's/counter_add(1, 2) == 3/counter_add(1, 2) == 4/' "$work/tests/adds.c"
(cd "$work" && build_plain) >"$work/said" 2>&1
refuses "a test that fails without any change is an error" "over the heap as it is" mutants --lines 6 allocator/counter.c

# This machine's processor shifts by the low five bits, so the code is the same. Other processors do not.
same_code='shift.c:3: by % 32 -> by'
shifts 1 && (cd "$work/shift" && "${PYTHON:-/usr/bin/python3}" "$here/tests/mutants/mutants.py" --build $build --jobs 1 \
    allocator/shift.c) >"$work/found" 2>&1
grep -qF "$same_code: same code" "$work/shift/build/verdicts"
result $? "what the compiler sees to be the same, and sanitizers do not notice, is the same" "$work/found"
shifts 33 && (cd "$work/shift" && "${PYTHON:-/usr/bin/python3}" "$here/tests/mutants/mutants.py" --build $build --jobs 1 \
    allocator/shift.c) >"$work/found" 2>&1
grep -qF "$same_code: killed by sanitized tests/shifts" "$work/shift/build/verdicts"
result $? "unless its behaviour is undefined and sanitizers notice it" "$work/found"

# The record names what is in the sources.
passes "each entry of the record has its change" "${PYTHON:-/usr/bin/python3}" tests/mutants/mutants.py --build "$work" \
    --equivalent tests/mutants/equivalent --list allocator/*/*.[ch]

done_testing
