#!/bin/sh
# board.t: a board is a folder of two files. A second board without BASEPRI, MPU and stack limit has the tests of the
# first one, and they pass.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 4

# A copy of the tree, so that nothing is left behind where this is stopped.
cp -r -- allocator bench boards examples extras include linker packaging port tests tools Makefile "$work"
second=$work/boards/second-m0
mkdir "$second"
cp "$work/boards/microbit/board.mk" "$work/boards/microbit/memory.ld" "$second"

# tests BOARD: the programs of `make test` for a board, without the board's name.
tests_of() {
    make -s -C "$work" print-TARGET_TESTS | tr ' ' '\n' | sed -n "s,^build/$1/,,p" | sort
}
tests_of second-m0 >"$work/second"
[ "$(wc -l <"$work/second")" -gt 50 ]
result $? "a new board has tests without a word in a make file" "$work/second"

# What names a board is for that one: the trees of options, and a few images that only one board has.
tests_of microbit | grep -E '^(newlib/(common|fault|target|paint|stress)|nano|picolibc)/' |
    grep -v -e 'depth-O' -e '-no-exceptions' >"$work/first"
comm -23 "$work/first" "$work/second" >"$work/said"
[ ! -s "$work/said" ] && ! grep -qE '^(newlib/guard|basepri)/' "$work/second"
result $? "they are those of a board with the same core" "$work/said"

some="newlib/common/realloc newlib/fault/double_free_small newlib/target/masked nano/libc/printing newlib/paint/depth"
images=$(for name in $some; do echo "build/second-m0/$name.elf"; done)
# shellcheck disable=SC2086
passes "they are built" make -s -C "$work" $images
run_all() {
    for image in $images; do
        (cd "$work" && tests/run-one "$image") >"$work/ran" 2>&1 || { cat "$work/ran"; return 1; }
        ! grep -q '^not ok' "$work/ran" || { cat "$work/ran"; return 1; }
    done
}
passes "they pass" run_all

done_testing
