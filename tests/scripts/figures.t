#!/bin/sh
# figures.t: each document shows the figures that docs/figures.tsv has, and no others. It measures nothing: `make
# figures` does.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

: "${PYTHON:=/usr/bin/python3}"
top=$PWD
copy=$work/copy
plan 35

# figures WORD...: bench/figures.py over the copy.
figures() {
    (cd "$copy" && "$PYTHON" "$top/bench/figures.py" "$@")
}

# anew: the copy is what the tree has.
anew() {
    rm -rf "$copy"
    mkdir -p "$copy/docs"
    cp README.md DESIGN.md "$copy"
    cp docs/*.md docs/figures.tsv "$copy/docs"
}

# change FILE SED: in the copy; the expression must change the file.
change() {
    sed "$2" "$copy/$1" >"$work/changed"
    cmp -s "$work/changed" "$copy/$1" && echo "figures.t: nothing in $1 for: $2" >>"$work/unchanged"
    cp "$work/changed" "$copy/$1"
}

# finds NAME WORDS: has the last check said so?
finds() {
    grep -q -- "$2" "$work/check"
    result $? "$1" "$work/check"
}

# shows NAME FILE LINE: has the file of the copy a line with this text?
shows() {
    grep -qF -- "$3" "$copy/$2"
    result $? "$1" "$copy/$2"
}

passes "every document shows what docs/figures.tsv has, and the table has no more" "$PYTHON" bench/figures.py check
! grep -nE '^#|^$' docs/figures.tsv | sed 1,3d | grep . >"$work/said" && [ "$(grep -vc '^#' docs/figures.tsv)" -gt 150 ]
result $? "the table has a row for each figure" "$work/said"

# ---- A figure that differs from the table ----------------------------------------------------------

anew
change README.md 's/^\(- \*\*Little RAM.*\*\*\)1\.[0-9]*\*\*/\11.999**/'
change README.md 's/^\(| instructions of `malloc`[^|]* | [0-9.]* \/ \)/\19/'
change README.md 's/^\(      newlib  *\)1/\12/'
change DESIGN.md 's/-->sixteen/-->seventeen/'
change DESIGN.md 's/<!--masked.check-->/&1/'
change docs/quality.md 's/-->\([0-9]*\),/-->9\1,/'
change docs/detection.md 's/100 % |$/99 % |/'
change docs/host.md '$s/$/ So <!--no.such-->7 remain./'
change README.md '/^<!-- figures: control.more -->/d'
printf 'no.use\t1\tbytes\tmake size\n' >>"$copy/docs/figures.tsv"
figures check >"$work/check" 2>&1
status=$?
[ "$status" -eq 1 ]
result $? "a check that finds something ends with status 1" "$work/check"
finds "in a list of README.md" "1.999, where docs/figures.tsv has"
finds "in its table" "for compare.m3.cairn.malloc.max: run"
finds "in quoted output" "for run.newlib.ram: run"
finds "a number in words" "seventeen, where docs/figures.tsv has"
finds "in prose" "for masked.check: run"
finds "a number with commas" "for stepping.m3.instructions: run"
finds "a text that a command has written" "the output of make matrix is not what docs/figures.tsv has the sum of: run"
finds "a name that the table has not" "no.such is not in docs/figures.tsv: run"
finds "a row that no document shows" "docs/figures.tsv: no document shows no.use: run"
finds "a number of README.md that has no name" "README.md:[0-9]*: [0-9]* has no name"

# ---- A number without a name -----------------------------------------------------------------------

anew
change README.md 's/^- \*\*No silent misuse/- **Fast.** 12.5 instructions on average.\n&/'
change DESIGN.md 's/^\*\*Time\.\*\*/**Time.** It takes 77 instructions./'
change docs/tools.md '$s/$/ Here it saves 2468 (`make size`)./'
change docs/bound.md '$s/$/ The o1heap needs 17 of them./'
change docs/view.md '$s/$/\n<!--masked.max-->5 are masked./'
change docs/small.md 's/<!-- figures: small.never -->/<!-- figures: small.never ... -->/'
change docs/integrate.md 's/^<!-- figures: 12 /<!-- figures: 13 /'
change docs/gdb.md '$s/$/\n\n<!-- figures: masked.{max,check -->\n5 and 6./'
figures check >"$work/check" 2>&1
finds "one more in a list of README.md" "README.md:[0-9]*: 9 names for 10 numbers: "
finds "instructions, in any document" "77 has no name"
finds "a number beside the command that prints it" "2468 has no name"
finds "a figure of another allocator" "17 beside o1heap"
finds "a number that is not the one beside the names" "12, where the names above have the number 13"
finds "a name that Markdown takes for HTML" "<!--masked.max--> begins a line"
finds "numbers left out that are not another harness's" "names that end in ... are for DESIGN.md"
finds "a brace that is open" "a brace is open: masked.{max,check"

# ---- Writing ---------------------------------------------------------------------------------------

anew
cp -R "$copy" "$work/as-it-was"
change docs/figures.tsv 's/^fit.mean\t[0-9.]*/fit.mean\t12.5/; s/^run.newlib.ram\t[0-9]*/run.newlib.ram\t7/'
change docs/figures.tsv 's/^run.nano.ram\t[0-9]*/run.nano.ram\t1234567/; s/^count.faults\t[0-9]*/count.faults\t9/'
change docs/figures.tsv 's/^stepping.m3.instructions\t[0-9]*/stepping.m3.instructions\t1234567/'
figures fill >"$work/filled" 2>&1 && figures check >"$work/check" 2>&1
result $? "the documents are written from the table" "$work/check"
shows "columns of quoted output stay where they are" README.md "      newlib             7   1."
shows "so they do with a longer number" README.md "      nano         1234567   1."
shows "a number in words stays one" DESIGN.md "-->nine planted faults"
shows "commas stay" README.md "after each of **1,234,567** instructions"
cp docs/figures.tsv "$copy/docs"
figures fill >"$work/filled" 2>&1
diff -r "$work/as-it-was" "$copy" >"$work/said"
result $? "with the old table again, they are what they were" "$work/said"

# ---- Measuring -------------------------------------------------------------------------------------

# A tree in which three files are counted.
anew
mkdir -p "$copy/tests/traces" "$copy/tests/fault" "$copy/tests/exhaustive/faults"
for i in 1 2 3; do touch "$copy/tests/traces/$i.trace" "$copy/tests/fault/$i.c" "$copy/tests/exhaustive/faults/$i.fault"; done
printf 'print-FLAGS_ALL:\n\t@echo 1 2 3\n' >"$copy/Makefile"
figures write count >"$work/said" 2>&1
result $? "one source is measured by itself" "$work/said"
diff docs/figures.tsv "$copy/docs/figures.tsv" >"$work/said"
[ "$(grep -c '^> count\.[a-z]*	3	' "$work/said")" = 4 ] && [ "$(grep -c '^[<>]' "$work/said")" = 8 ]
result $? "the rest of the table stays" "$work/said"
shows "the documents have what was measured" README.md "Each of **3** programs"
change README.md 's/figures: fit.mean/figures: fit.men/'
ends "a name that no command prints is an error" 1 "no command of \`make figures\` prints fit.men. Names near it: fit.mean" \
    figures write count
ends "a command that fails is an error" 1 "ended with status 2" figures write static
[ ! -s "$work/unchanged" ]
result $? "every change of this script has changed something" "$work/unchanged"
ends "a source that is not there is an error" 2 "no source speed; there are fit, floor, " \
    "$PYTHON" bench/figures.py write speed

make -n figures 2>/dev/null >"$work/said"
grep -q 'bench/figures\.py write *$' "$work/said"
result $? "make figures measures everything unless FROM= says what" "$work/said"

done_testing
