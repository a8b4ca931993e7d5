#!/bin/sh
# link.t: programs that must not link, each with the message that names the remedy.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 18

# link BOARD MEMORY SOURCE [FLAG...]: a firmware of SOURCE.
link() {
    board=$1
    memory=$2
    source=$3
    shift 3
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags "$board") -nostartfiles -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments "$@" -T "$memory" \
        -T linker/sections.ld "$source" "build/$board/boards/runtime/startup.o" \
        "build/$board/extras/semihosting.o" "build/$board/boards/runtime/syscalls.o" "${archive:-build/$board/libcairn.a}" \
        -o "$work/image.elf"
}

# program BYTES: a source with so much static data, and one allocation.
program() {
    cat >"$work/program-$1.c" <<END
#include <stdlib.h>
char data[$1] = "";
int main(void)
{
    char *p = malloc(8);
    return p == data;
}
END
    echo "$work/program-$1.c"
}

microbit=boards/microbit/memory.ld
mps2=boards/mps2-an385/memory.ld
small=$(program 16)
no_room="layout: the heap starts above its limit: no RAM is left for it."
in_stack="layout: the heap reaches into the stack."

passes "a program with little static data links" link microbit $microbit "$small"
passes "a heap of a chosen size links" link microbit $microbit "$small" -Wl,--defsym=_heap_size=4096
refuses "static data that leaves no heap does not link" "$no_room" link microbit $microbit "$(program 15000)"
grep -q "Use less static data, or a smaller _stack_size in memory.ld." "$work/said"
result $? "the message names the remedy" "$work/said"
refuses "static data larger than the RAM does not link" "overflowed by" link microbit $microbit "$(program 20000)"
refuses "a heap that reaches into the stack does not link" "$in_stack" \
    link microbit $microbit "$small" -Wl,--defsym=_heap_size=15000
refuses "a heap larger than the RAM does not link" "$in_stack" \
    link microbit $microbit "$small" -Wl,--defsym=_heap_size=0x10000
refuses "a heap without a byte does not link" "$no_room" link microbit $microbit "$small" -Wl,--defsym=_heap_size=0
passes "a heap that a 16-bit index does not reach links" \
    link mps2-an385 $mps2 "$small" -Wl,--defsym=_heap_size=0x100000
{
    cat $mps2
    echo 'ASSERT(__heap_limit - __heap_start <= cairn_heap_max, "mine: not all of the heap is served")'
} >"$work/reach.ld"
refuses "a script that asks for all of its heap refuses it" "mine: not all of the heap is served" \
    link mps2-an385 "$work/reach.ld" "$small" -Wl,--defsym=_heap_size=0x80004
passes "it takes a heap that the index just reaches" \
    link mps2-an385 "$work/reach.ld" "$small" -Wl,--defsym=_heap_size=0x80000

sed 's/LENGTH = 16K/LENGTH = 16K - 4/' $microbit >"$work/odd.ld"
refuses "a stack that is not aligned does not link" "layout: the stack does not start at a multiple of 8" \
    link microbit "$work/odd.ld" "$small"

sed 's/^_stack_size.*/_stack_size = 20K;/' $microbit >"$work/deep.ld"
refuses "a stack larger than what is left does not link" "$no_room" link microbit "$work/deep.ld" "$small"

# Position-independent code finds variables by a table of addresses, which is data like any other.
cat >"$work/pic.c" <<'END'
#include "semihosting.h"
extern int answer, zeroed;
extern const char *text;
int twice(int n);
int main(void)
{
    semihosting_puts(text);
    return answer == 42 && zeroed == 0 && twice(answer) == 84 ? 0 : 1;
}
END
cat >"$work/variables.c" <<'END'
extern int answer, zeroed;
extern const char *text;
int twice(int n);
int answer = 42, zeroed;
const char *text = "1..1\nok 1 - the program runs\n";
int twice(int n)
{
    return 2 * n;
}
END
for board in mps2-an385 microbit; do
    link $board boards/$board/memory.ld "$work/pic.c" "$work/variables.c" -fPIC -O1 -Iextras >"$work/said" 2>&1
    mkdir -p build/$board/scripts
    cp "$work/image.elf" build/$board/scripts/pic.elf
    tests/run-one build/$board/scripts/pic.elf >>"$work/said" 2>&1 && grep -q '^ok 1 - the program runs' "$work/said"
    result $? "$board runs position-independent code" "$work/said"
done
cat >"$work/indirect.s" <<'END'
    .syntax unified
    .thumb
    .type indirect, %gnu_indirect_function
    .global indirect
indirect:
    bx lr
    .global user
    .type user, %function
user:
    b indirect
END
refuses "an indirect function does not link" "layout: an indirect function (ifunc) has no address" \
    link mps2-an385 $mps2 "$small" "$work/indirect.s" -Wl,-u,user

cp build/microbit/libcairn.a "$work/no-region.a"
"${CROSS}ar" d "$work/no-region.a" region.o
archive=$work/no-region.a
refuses "a port without a region does not link" "port_heap_start" link microbit $microbit "$small"

# Names that C libraries and newlib's reentrant layer give, and the port's contract; all others are ours.
standard='^_*(sbrk|strn?dup|cairn_|[a-z]*alloc|cfree|free|mall(info|opt|oc_[a-z_]*)|posix_memalign|reallocarray|reallocf|memalign|aligned_alloc)'
for library in build/mps2-an385/libcairn.a build/microbit/libcairn.a build/mps2-an385/guarded/libcairn.a build/mps2-an385/counted/libcairn.a \
    build/mps2-an385/traced/libcairn.a build/mps2-an385/regions/libcairn.a; do
    [ ! -f "$library" ] || "${CROSS}nm" -g --defined-only "$library" 2>/dev/null | awk 'NF == 3 {print $3}'
done | sort -u | grep -vE "$standard" | grep -vxE 'port_heap_(start|limit)' >"$work/said"
[ ! -s "$work/said" ]
result $? "every global name is the family's or begins with cairn_" "$work/said"

done_testing
