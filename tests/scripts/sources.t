#!/bin/sh
# sources.t: every source of the library is in the list of each build system that has one.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 7

# listed NAME FILE COMMAND: COMMAND makes, of a path in allocator/ without its suffix, what FILE must have as a word.
listed() {
    : >"$work/said"
    for source in allocator/*/*.c; do
        path=${source#allocator/}
        path=${path%.c}
        word=$("$3" "$path")
        grep -qE "(^|[^a-z_/])$word([^a-z_/.]|\$)" "$2" || echo "$2 does not have $word" >>"$work/said"
    done
    [ ! -s "$work/said" ]
    result $? "$1" "$work/said"
}

by_folder() {
    echo "$1"
}

by_name() {
    echo "${1#*/}"
}

by_file() {
    echo "${1#*/}\\.c"
}

in_tree() {
    echo "allocator/$1\\.c"
}

# The archive's lists are those of one target.
sed -n '/^HEAP /,/[^\\]$/p' Makefile >"$work/host"
sed -n '/names\.o: .*patsubst/,/archive)$/p' Makefile | tr -s ' ,' '\n' | sed 's|^allocator/||' >"$work/archive"
listed "Makefile, for the host" "$work/host" by_folder
listed "Makefile, for the archive" "$work/archive" by_folder
listed "CMakeLists.txt" CMakeLists.txt by_name
listed "meson.build" meson.build in_tree
listed "tools/amalgamate.py" tools/amalgamate.py by_name
listed "the module for Zephyr" zephyr/CMakeLists.txt by_folder
listed "the module for RIOT" packaging/riot/cairn/Makefile by_file

done_testing
