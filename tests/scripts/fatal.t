#!/bin/sh
# fatal.t: what the library's own cairn_fatal() leaves behind, in a firmware that brings none.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 3

cat >"$work/program.c" <<'END'
#include "cairn.h"
#include "semihosting.h"
#include <stdlib.h>
extern struct {
    enum cairn_reason reason;
    const void *address;
} volatile cairn_failure;
static void *freed;
void fault_handler(void);
void fault_handler(void)
{
    semihosting_exit(cairn_failure.reason == CAIRN_DOUBLE_FREE && cairn_failure.address == freed ? 0 : 3);
}
int main(void)
{
    void *volatile p = malloc(8);
    void *volatile above = malloc(8);
    freed = p;
    free(p);
    free(p);
    return above != NULL ? 4 : 5;
}
END

for board in mps2-an385 netduinoplus2 microbit; do
    image=build/$board/scripts/fatal.elf
    mkdir -p "build/$board/scripts"
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -nostartfiles -fno-builtin -iquote allocator -Iport/cortex-m \
        -Wl,--no-warn-rwx-segments -T boards/$board/memory.ld -T linker/sections.ld "$work/program.c" \
        build/$board/port/cortex-m/startup.o build/$board/port/cortex-m/semihosting.o \
        build/$board/port/newlib/syscalls.o build/$board/libcairn.a -o "$image"
    passes "$board stops at a misuse with reason and address on record" tests/run-one "$image"
done

done_testing
