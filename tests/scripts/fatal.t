#!/bin/sh
# fatal.t: what the library's own cairn_fatal() leaves behind, in a firmware that brings none.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 4

cat >"$work/program.c" <<'END'
#include "cairn.h"
#include "semihosting.h"
#include <stdlib.h>
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
    "${CROSS}gcc" $(flags $board) -nostartfiles -fno-builtin -Iinclude -Iextras \
        -Wl,--no-warn-rwx-segments -T boards/$board/memory.ld -T linker/sections.ld "$work/program.c" \
        build/$board/boards/runtime/startup.o build/$board/extras/semihosting.o \
        build/$board/boards/runtime/syscalls.o build/$board/libcairn.a -o "$image"
    passes "$board stops at a misuse with reason and address on record" tests/run-one "$image"
done

# A lock by BASEPRI whose ceiling the chip does not implement. QEMU implements all bits of BASEPRI: here the lock
# header answers for the chip.
cat >"$work/lock.h" <<'END'
#include "cortex-m/primask.h"
#define PORT_LOCK_HOLDS() 0
END
sed 's/CAIRN_DOUBLE_FREE && cairn_failure.address == freed/CAIRN_NO_LOCK/' "$work/program.c" >"$work/unheld.c"
image=build/mps2-an385/scripts/unheld.elf
# shellcheck disable=SC2046
"${CROSS}gcc" $(flags mps2-an385) -nostartfiles -fno-builtin -ffunction-sections -I"$work" -Iport -Iinclude -iquote allocator \
    -Iextras -DCAIRN_PORT_HEADER='"lock.h"' -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
    -T boards/mps2-an385/memory.ld -T linker/sections.ld "$work/unheld.c" allocator/*/*.c port/common/region.c \
    port/common/fatal.c port/common/failure.c port/newlib/reent.c port/newlib/sbrk_names.c \
    port/libc/mallinfo.c build/mps2-an385/boards/runtime/startup.o build/mps2-an385/extras/semihosting.o \
    build/mps2-an385/boards/runtime/syscalls.o -o "$image"
passes "a lock that holds nothing back ends the first request" tests/run-one "$image"

done_testing
