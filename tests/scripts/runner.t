#!/bin/sh
# runner.t: the runner's last line and status show every way in which a test can go wrong.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 12

# test_program NAME LINE...: a script that is a test.
test_program() {
    path=$work/$1.sh
    shift
    { echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$path"
    chmod +x "$path"
}

# run NAME...: run these under tests/run; what it says is in $work/run.
run() {
    programs=
    for program in "$@"; do
        programs="$programs $work/$program.sh"
    done
    # shellcheck disable=SC2086
    TEST_TIMEOUT=5 tests/run 1 $programs >"$work/run" 2>&1
}

last_line() {
    tail -n 1 "$work/run"
}

test_program good 'echo 1..2' 'echo ok 1 - one' 'echo ok 2 - two'
test_program other 'echo 1..2' 'echo ok 1 - one' 'echo ok 2 - two'
test_program skipping 'echo 1..2' 'echo ok 1 - one' "echo 'ok 2 - two # SKIP there is none'"
test_program failing 'echo 1..2' 'echo ok 1 - one' 'echo not ok 2 - two' 'exit 1'
test_program lying 'echo 1..2' 'echo ok 1 - one' 'echo not ok 2 - two' 'exit 0'
test_program short 'echo 1..3' 'echo ok 1 - one'
test_program silent 'exit 0'
test_program hanging 'echo 1..2' 'echo ok 1 - one' 'sleep 30' 'echo ok 2 - two'
test_program crashing 'echo 1..1' 'echo ok 1 - one' 'kill -SEGV $$'
test_program bailing 'echo 1..2' 'echo ok 1 - one' 'echo Bail out! fault' 'exit 1'

run good other
status=$?
[ $status -eq 0 ] && [ "$(last_line)" = "4 passed, 0 failed" ]
result $? "tests that pass are counted" "$work/run"

for kind in failing lying short silent hanging crashing bailing; do
    run good $kind
    status=$?
    [ $status -ne 0 ] && last_line | grep -qE '^[0-9]+ passed, [1-9][0-9]* failed$'
    result $? "a $kind test is a failure" "$work/run"
done

run good failing
[ "$(last_line)" = "3 passed, 1 failed" ]
result $? "what failed and what passed are both counted" "$work/run"
grep -q 'Failed test:  *2' "$work/run"
result $? "the test that failed is named" "$work/run"
run good skipping
grep -q '^ok 2 - two # SKIP there is none$' "$work/run"
result $? "what was skipped is named with its reason" "$work/run"

firmware=build/microbit/picolibc/cxx
cat >"$work/log" <<END
$firmware/one.elf .... ok
$firmware/two.elf .... 
$firmware/three.elf .. skipped: there is no room
$firmware/two.elf  (Wstat: 256 (exited 1) Tests: 3 Failed: 1)
END
tests/matrix "$work/log" $firmware/one.elf $firmware/two.elf $firmware/three.elf build/host/other >"$work/matrix"
grep -qE '^microbit +cortex-m0 +0/0 +0/0 +1/2$' "$work/matrix"
result $? "the matrix counts what ran and what passed, by board and library" "$work/matrix"

done_testing
