#!/bin/sh
# bound.t: tools/cairn bound computes what small programs take, refuses what it cannot bound, and says where;
# it bounds the heap however it is built.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

: "${PYTHON:=/usr/bin/python3}"
tree=build/mps2-an385
programs=$tree/bound/programs.elf
expected=tests/bound/programs.expected
plan $(($(grep -vc '^#' $expected) + 38))

# bound ARGUMENT...: the tool.
bound() {
    tools/cairn bound "$@"
}

# ---- Small programs -------------------------------------------------------------------------------

grep -v '^#' $expected >"$work/expected"
# shellcheck disable=SC2046
bound --rows --facts tests/bound/programs.facts $(sed 's/ .*//; s/^/--entry /' "$work/expected") $programs >"$work/rows"
"${CROSS}nm" $programs >"$work/names"

# check_program NAME WORDS: the row of a program has these numbers; or is refused at its label, with these words.
check_program() {
    grep -P "\t$1\t" "$work/rows" >"$work/row"
    if [ "${2#refused }" = "$2" ]; then
        [ "$(cut -f3-6 "$work/row" | tr '\t' ' ')" = "$2" ]
        result $? "$1 takes $(echo "$2" | cut -d' ' -f1) instructions, $(echo "$2" | cut -d' ' -f2) cycles" "$work/row"
        return
    fi
    place=0x$(sed -n "s/ . at_$1\$//p" "$work/names")
    cut -f7 "$work/row" | grep -E "^$place \([a-z_]+\+0x[0-9a-f]+\): " | grep -qF -- ": ${2#refused }"
    result $? "$1 is refused where it is: ${2#refused }" "$work/row"
}

while read -r name words; do
    check_program "$name" "$words"
done <"$work/expected"

"$PYTHON" bench/bound.py --measure $programs >"$work/measured"
cut -d' ' -f1,2 "$work/expected" | sort >"$work/computed"
[ "$(wc -l <"$work/measured")" -ge 30 ] && ! sort "$work/measured" | comm -23 - "$work/computed" | grep . >"$work/said"
result $? "each program that was run took exactly the instructions computed" "$work/said"

# numbers WORDS ARGUMENT...: is the tool's row this?
numbers() {
    words=$1
    shift
    bound --rows "$@" >"$work/row" && [ "$(cut -f3-6 "$work/row" | tr '\t' ' ')" = "$words" ]
}
v6m=$tree/bound/programs-v6m.elf
passes "a Cortex-M0 has its own timing" numbers "8 55 0 0" --entry calls $v6m
passes "a Cortex-M0 takes 3 cycles for a branch" numbers "4 8 0 0" --entry branches $v6m
passes "so has a Cortex-M0+" numbers "8 51 0 0" --core cortex-m0plus --entry calls $v6m
passes "a Cortex-M0+ takes 2 cycles for a branch" numbers "4 6 0 0" --core cortex-m0plus --entry branches $v6m
passes "a Cortex-M4 multiplies in one cycle" numbers "2 5 0 0" --core cortex-m4 --entry long_multiply $programs
passes "the name of an image may say its core" numbers "2 5 0 0" --entry long_multiply cortex-m4/any=$programs
passes "a Cortex-M7 has no published timing" numbers "2 - 0 -" --core cortex-m7 --entry long_multiply $programs
ends "the longest path can be seen" 0 "(caller+0x0)" bound --entry caller --path total $programs
ends "the longest stretch can be seen" 0 "(masked_twice+0x16)" bound --entry masked_twice --path stretch $programs

# ---- What cannot be read --------------------------------------------------------------------------

ends "a function that there is not is named" 2 "no function nowhere: it is not linked in, was inlined, or" \
    bound --entry nowhere $programs
ends "an image without any of the family is told so" 2 "none of these is there: malloc free" bound $programs
"${CROSS}strip" -o "$work/stripped.elf" $programs
ends "a stripped image is told so" 2 "no symbols: give the image as the linker made it, before it is stripped" \
    bound --entry caller "$work/stripped.elf"
ends "an object is not a linked image" 2 "not a linked image" bound --entry caller $tree/bound/programs.o
ends "a program of the host is no ARM image" 2 "not a little-endian 32-bit ARM image" bound build/host/fit
ends "a text is no ELF file" 2 "not an ELF file" bound README.md
ends "a file that there is not is named" 2 "nowhere.elf: No such file" bound nowhere.elf
ends "a core that is not known is refused" 2 "no such core here: cortex-m99" bound --core cortex-m99 $programs

# ---- Facts ----------------------------------------------------------------------------------------

passes "without its facts a path is longer" numbers "11 30 0 0" --entry not_both $programs
passes "a fact can be told" numbers "8 24 0 0" --fact "never first then second" --entry not_both $programs
line=$(sed -n "/^rounds 3 rounds$/=" tests/bound/programs.facts)
ends "a fact that no path needs is an error" 2 "no image needs this fact: tests/bound/programs.facts:$line: rounds rounds" \
    bound --strict --facts tests/bound/programs.facts --entry not_both $programs
echo 'rounds 3 loop' >"$work/facts"
ends "a fact needs its proof" 2 "facts:1: rounds loop" bound --facts "$work/facts" --entry loop $programs
echo 'rounds often loop' >"$work/facts"
ends "what is no fact is refused" 2 "facts:1: not a fact: rounds often loop" \
    bound --facts "$work/facts" --entry loop $programs
fact="rounds 3 loop if memset=0"
ends "a fact of another image is none of this one" 1 "a loop" bound --rows --fact "$fact" --entry loop $programs
passes "a fact of images without a symbol is one of this image" bound --fact "rounds 3 loop if no_such_symbol=none" --entry loop $programs
ends "it is none of an image that has the symbol" 1 "a loop" \
    bound --rows --fact "rounds 3 loop if loop=none" --entry loop $programs

# ---- Cairn, however it is built ---------------------------------------------------------------------

# firmware NAME FLAG...: the heap and a program that calls it, compiled so.
firmware() {
    name=$1
    shift
    "${CROSS}gcc" -mcpu=cortex-m3 -mthumb -std=c11 -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns \
        -ffunction-sections -DCAIRN_PORT_HEADER='"cortex-m/primask.h"' -Iinclude -Iport -Iextras -iquote allocator "$@" \
        "$work/program.c" allocator/*/*.c port/newlib/[!m]*.c port/libc/mallinfo.c port/common/*.c \
        boards/runtime/startup.c extras/semihosting.c -nostartfiles \
        -Wl,--gc-sections -Wl,--no-warn-rwx-segments -T boards/mps2-an385/memory.ld -T linker/sections.ld -o "$work/$name.elf"
}
cat >"$work/program.c" <<'END'
#include <stdlib.h>
int main(void);
__attribute__((used)) int main(void)
{
    void *volatile p = malloc(40);
    free(p);
    p = calloc(4, 4);
    free(p);
    return 0;
}
END
for flags in -O0 -O1 "-O2 -flto" -O3; do
    # shellcheck disable=SC2086
    firmware built $flags >"$work/said" 2>&1 && bound --entry malloc --entry free "$work/built.elf" >>"$work/said"
    result $? "malloc and free have a bound at $flags" "$work/said"
done
passes "the lock by BASEPRI has a bound" bound --entry malloc --entry free $tree/basepri/ceiling/live.elf
ends "with picolibc, whose errno is thread-local, malloc has a bound" 0 "malloc" \
    bound --entry malloc $tree/picolibc/libc/strings.elf
ends "a firmware with regions has a loop over them, with interrupts on" 1 "a loop: from" \
    bound --rows --entry free $tree/regions/regions/double_free.elf
passes "it has a bound for a number of regions that is told" bound --fact "rounds 3 cairn_region_heap" --entry free \
    $tree/regions/regions/double_free.elf
for script in libopencm3 mspm0 samd; do
    passes "with the names of $script.ld, the search for the heap's ends has a bound" \
        bound --entry cairn_system_start --entry sbrk $tree/newlib/foreign/$script.elf
done
ends "a heap that checks every byte has none" 1 "with interrupts off, and has no bound here" \
    bound --rows --entry free $tree/guarded/guarded/family.elf

done_testing
