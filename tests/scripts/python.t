#!/bin/sh
# python.t: mypy and flake8 find nothing in tools, bench and tests. setup.cfg says what they look for.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

: "${PYTHON:=/usr/bin/python3}"
folders=$(find tests -name '*.py' -exec dirname {} \; | sort -u)
plan $(($(echo "$folders" | wc -l) + 10))

# typed FILE...: every function has types, and they fit.
typed() {
    "$PYTHON" -m mypy "$@"
}

# fits FILE...: of tests: types need not be written down, but what is known of them must fit. A match or a value that is
# not there ends a test as it should.
fits() {
    MYPYPATH=tools:bench:tests/tools:tests/gdb "$PYTHON" -m mypy --allow-untyped-defs --allow-incomplete-defs \
        --allow-untyped-calls --allow-untyped-decorators --allow-any-generics --no-warn-return-any \
        --no-strict-optional --disable-error-code var-annotated "$@"
}

# lint FILE...
lint() {
    "$PYTHON" -m flake8 "$@"
}

passes "the tools' package has types" typed -p cairntools
passes "the other tools have types" typed tools/*.py
passes "the benchmarks have types" typed bench/*.py
for folder in $folders; do
    passes "the types of $folder fit" fits "$folder"/*.py
done
passes "the linter finds nothing" lint tools bench tests

# ---- What must be found ---------------------------------------------------------------------------

printf '"""Planted."""\n\n\ndef half(number):\n    """Half of it."""\n    return number / 2\n' >"$work/planted.py"
refuses "a function without types is found" "missing a type annotation" typed "$work/planted.py"
passes "in a test it is none" fits "$work/planted.py"
printf '"""Planted."""\n\n\ndef half(number):\n    return number / 2 + len(5)\n' >"$work/planted.py"
refuses "in a test, a type that does not fit is found" 'incompatible type "int"' fits "$work/planted.py"
refuses "a function without a docstring is found" "D103" lint "$work/planted.py"
printf '"""Planted."""\nimport os\n' >"$work/planted.py"
refuses "an import that nothing needs is found" "F401" lint "$work/planted.py"

! grep -rnE 'type: *ignore|# *(mypy|flake8): ' tools bench --include='*.py' >"$work/said"
result $? "no comment silences mypy, or leaves a file out" "$work/said"

done_testing
