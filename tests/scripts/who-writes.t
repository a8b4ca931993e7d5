#!/bin/sh
# who-writes.t: examples/debugging/who-writes.gdb leads to the caller of the function that wrote, where that is one of
# the C library.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

cat >"$work/copy.c" <<'END'
/* A name that is copied with its end into a block without room for it. */
#include "cairn.h"

#include <stdlib.h>
#include <string.h>

char *volatile from = "sensor";
volatile size_t length = 6;

__attribute__((noinline)) static char *keep(const char *name)
{
    char *copy = malloc(length);
    memcpy(copy, name, length + 1);
    __asm volatile("" ::: "memory");
    return copy;
}

int main(void)
{
    free(keep(from));
    return 0;
}
END
parts="boards/runtime/startup.o extras/semihosting.o boards/runtime/syscalls.o libcairn.a"
plan 4

passes "a firmware that copies one byte too many" "${CROSS}gcc" $(flags mps2-an385) -Os -g -std=c11 -DCAIRN_CHECK=2 \
    -Iinclude --specs=nano.specs -nostartfiles -T boards/mps2-an385/memory.ld -T linker/sections.ld \
    "$work/copy.c" $(printf "build/mps2-an385/guarded/%s " $parts) -o "$work/copy.elf"

echo "set remotetimeout 60" >"$work/connect.gdb" # a busy host answers late
printf 'target remote | exec qemu-system-arm -machine mps2-an385 -S -gdb stdio -display none -monitor none %s\n' \
    "-serial none -chardev null,id=null -semihosting-config enable=on,chardev=null -kernel $work/copy.elf" >>"$work/connect.gdb"
timeout 100 gdb-multiarch -q -nx -batch -x "$work/connect.gdb" -x examples/debugging/who-writes.gdb -ex kill \
    "$work/copy.elf" >"$work/gdb" 2>&1 </dev/null

# where ADDRESS: function and line of the call before it.
where() {
    "${CROSS}addr2line" -fe "$work/copy.elf" "$(printf '%#x' $(($1 - 2)))" | sed 's,.*/,,; s/ (discr.*//' | paste -sd ' '
}

last=$(sed -n '/^the byte is at/,$p' "$work/gdb" | sed -n '/hit Breakpoint/q; /^written before/p' | tail -n 1)
echo "$last" >"$work/last"
echo "$last" | grep -qE '^written before 0x[0-9a-f]+, called from 0x[0-9a-f]+$'
result $? "each write is shown with the address that its function returns to" "$work/gdb"

where "$(echo "$last" | sed 's/written before \(0x[0-9a-f]*\).*/\1/')" >"$work/function"
grep -q '^memcpy ' "$work/function"
result $? "the last write is in the C library" "$work/function"

line=$(grep -n 'memcpy(copy' "$work/copy.c" | cut -d: -f1)
where "$(echo "$last" | sed 's/.*called from //')" >"$work/caller"
grep -qx "keep copy.c:$line" "$work/caller"
result $? "and was called from the wrong line" "$work/caller"

done_testing
