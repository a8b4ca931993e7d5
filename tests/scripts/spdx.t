#!/bin/sh
# spdx.t: every source names its licence. Documents and data are listed here, by name or by kind; a file of any other kind
# counts as a source.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 4

documents='LICENSE|.*\.(md|svg|png)|\.clang-format|\.editorconfig|\.gitignore'
data='tests/traces/.*|tests/planted/gateway\.trace|bench/programs/.*\.expected|bench/.*\.budget|tests/bound/programs\.expected|tests/exhaustive/faults/.*\.fault|tests/fuzz/.*\.corpus'
records='tests/coverage/exceptions|tests/coverage/without|tests/mutants/equivalent'

# sources FOLDER: its files that are neither of these, and not made by a build.
sources() {
    (cd "$1" && find . \( -name .git -o -name build -o -name __pycache__ -o -name '.*_cache' \) -prune -o -type f -print) |
        sed 's,^\./,,' | grep -vxE "$documents|$data|$records" | sort
}

# unlicensed FOLDER: its sources that do not name the licence.
unlicensed() {
    sources "$1" | (cd "$1" && xargs grep -L 'SPDX-License-Identifier: MIT')
}

sources . >"$work/sources"
for kind in Makefile .ci/run .github/workflows/test.yml linker/sections.ld include/cairn.h tests/run-one; do
    grep -qxF "$kind" "$work/sources" || echo "not among the sources: $kind"
done >"$work/said"
[ "$(wc -l <"$work/sources")" -gt 300 ] && [ ! -s "$work/said" ]
result $? "sources of every kind are looked at" "$work/said"
unlicensed . >"$work/said"
[ ! -s "$work/said" ]
result $? "every source names its licence" "$work/said"

mkdir -p "$work/planted/tests"
echo 'int x;' >"$work/planted/tests/planted.c"
echo 'x := 1' >"$work/planted/planted.mk"
echo '# SPDX-License-Identifier: MIT' >"$work/planted/good.mk"
echo 'A document.' >"$work/planted/planted.md"
unlicensed "$work/planted" >"$work/said"
printf '%s\n' planted.mk tests/planted.c | cmp -s - "$work/said"
result $? "a source without it is found, and nothing else" "$work/said"
grep -q 'Permission is hereby granted, free of charge' LICENSE
result $? "LICENSE has that licence"

done_testing
