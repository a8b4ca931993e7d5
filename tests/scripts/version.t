#!/bin/sh
# version.t: cairn.h, CHANGELOG.md and meson.build name the same version.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 3

# part NAME: the number of CAIRN_VERSION_NAME, as the compiler has it.
part() {
    printf '#include "cairn.h"\n@CAIRN_VERSION_%s@\n' "$1" | "${CROSS}gcc" -E -P -Iinclude -xc - 2>"$work/said" |
        sed -n 's/^@\(.*\)@$/\1/p'
}

version=$(part MAJOR).$(part MINOR).$(part PATCH)
echo "cairn.h: $version" >>"$work/said"
echo "$version" | grep -qE '^[0-9]+\.[0-9]+\.[0-9]+$'
result $? "cairn.h has a version of three numbers" "$work/said"
newest=$(sed -n 's/^## \[\([0-9][0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
echo "CHANGELOG.md: $newest" >>"$work/said"
[ "$version" = "$newest" ]
result $? "it is that of the newest release in CHANGELOG.md" "$work/said"
grep "^project('cairn'" meson.build >"$work/said"
grep -qF "version: '$version'" "$work/said"
result $? "it is that of meson.build" "$work/said"

done_testing
