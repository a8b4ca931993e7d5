#!/bin/sh
# format.t: every source is as clang-format leaves it.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 2

# sources: every C and C++ file of the tree.
sources() {
    for folder in include allocator port extras boards tests bench tools examples; do
        [ ! -d "$folder" ] || find "$folder" -name '*.[ch]' -o -name '*.[ch]pp'
    done | sort
}

sources >"$work/sources"
[ -f .clang-format ] && [ "$(wc -l <"$work/sources")" -gt 50 ]
result $? "there are a style and sources" "$work/sources"
xargs clang-format --dry-run -Werror <"$work/sources" >"$work/said" 2>&1
result $? "every source has the style" "$work/said"

done_testing
