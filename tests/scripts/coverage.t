#!/bin/sh
# coverage.t: what `make coverage` finds out, tried on exports of llvm-cov that are made by hand; and that the
# exceptions name what is in the sources.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 13

here=$PWD
mkdir -p "$work/allocator/core" "$work/one/build" "$work/two/build"
cat >"$work/allocator/core/x.c" <<'END'
static int both(int a, int b)
{
    if (a && SURELY && b)
        return 1;
    return 0;
}
END

# What is known when it is compiled, SURELY, is no branch, and never decides alone.
# export_build FOLDER A_TRUE A_ALONE LAST: a build in which a was true so often and decided alone or not, and the last
# line was reached so often.
export_build() {
    cat >"$work/$1/build/coverage.json" <<END
{"data": [{"functions": [{"name": "x.c:both", "filenames": ["$here/$work/allocator/core/x.c"],
  "regions": [[2, 1, 6, 2, 9, 0, 0, 0]],
  "branches": [[3, 9, 3, 10, $2, 4, 0, 0, 4], [3, 24, 3, 25, 1, 1, 0, 0, 4]],
  "mcdc_records": [[3, 9, 3, 25, 0, 5, [$3, false, true]]]}]}]}
END
    printf 'SF:%s\nDA:3,9\nDA:4,1\nDA:5,%s\nend_of_record\n' "$here/$work/allocator/core/x.c" "$4" \
        >"$work/$1/build/coverage.info"
}

# compare EXCEPTION...: the two builds as configurations, with these lines as exceptions.
compare() {
    printf '%s\n' "$@" >"$work/exceptions"
    (cd "$work" && "${PYTHON:-/usr/bin/python3}" "$here/tests/scripts/coverage.py" exceptions one=one two=two)
}

export_build one 5 true 1
export_build two 5 true 1
passes "what is covered passes" compare ""
refuses "an exception that is covered is an error" \
    "excused, but not so in one, two: allocator/core/x.c both: \`a\` is never true" \
    compare "allocator/core/x.c both: \`a\` is never true" "    because"

export_build two 0 false 0
refuses "an outcome that is not covered is an error" "allocator/core/x.c:3 both: \`a\` is never true in two" compare ""
refuses "a condition that does not decide alone is an error" "x.c:3 both: \`a\` never decides alone in two" compare ""
refuses "a line that is not reached is an error" "x.c:5 both: \`return 0;\` is never reached in two" compare ""
set -- "allocator/core/x.c both: \`a\` is never true" "    in two" "    because" \
    "allocator/core/x.c both: \`a\` never decides alone" "    in two" "    because"
passes "what is excused passes" \
    compare "$@" "allocator/core/x.c both: \`return 0;\` is never reached" "    in two" "    because"
refuses "an exception is for the configurations that it names" "excused, but not so in one" \
    compare "$@" "allocator/core/x.c both: \`return 0;\` is never reached" "    because"
refuses "an exception has a reason" "no reason is given" compare "allocator/core/x.c both: \`a\` is never true" "    in two"
refuses "an exception is for a configuration that there is" "no configuration three" \
    compare "allocator/core/x.c both: \`a\` is never true" "    in three" "    because"

export_build two 5 true 1
passes "all is covered again" compare ""
printf 'void none(void)\n{\n    nothing();\n}\n' >"$work/allocator/core/y.c"
refuses "a function that no configuration compiles is an error" \
    "allocator/core/y.c:1 none: is never compiled in one, two" compare ""
passes "it may be excused" compare "allocator/core/y.c none: is never compiled" "    because"

# The text of each exception is in its file, except for line breaks.
sed -n 's/^\([a-z]*\/[^ ]*\) .*`\(.*\)`.*/\1 \2/p' tests/coverage/exceptions >"$work/texts"
while read -r file text; do
    tr -s ' \n' ' ' <"$file" | grep -qF -- "$text" || echo "$file: $text"
done <"$work/texts" >"$work/said"
[ -s "$work/texts" ] && [ ! -s "$work/said" ]
result $? "each exception names what is in its file" "$work/said"

done_testing
