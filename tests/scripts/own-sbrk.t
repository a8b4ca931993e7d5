#!/bin/sh
# own-sbrk.t: a firmware that has _sbrk, _sbrk_r, __malloc_lock and __malloc_unlock of its own, as the glue between
# FreeRTOS and newlib has, RIOT and Zephyr: it links, nothing calls its break, and newlib's malloc takes its lock.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 13

board=mps2-an385
cat >"$work/glue.c" <<'END'
#include <reent.h>
#include <stddef.h>
void *_sbrk(ptrdiff_t increment);
void *_sbrk_r(struct _reent *reent, ptrdiff_t increment);
void __malloc_lock(struct _reent *reent);
void __malloc_unlock(struct _reent *reent);
extern char end[];
volatile int locked, unlocked;
#ifndef ONLY_THE_LOCK
void *_sbrk(ptrdiff_t increment)
{
    static char *own = end;
    own += increment;
    return own - increment;
}
void *_sbrk_r(struct _reent *reent, ptrdiff_t increment)
{
    (void)reent;
    return _sbrk(increment);
}
#endif
void __malloc_lock(struct _reent *reent)
{
    (void)reent;
    locked++;
}
void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
    unlocked++;
}
END
cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "semihosting.h"
extern volatile int locked, unlocked;
int main(void)
{
    char text[40];
    sprintf(text, "%f %s", 2.5, strdup("copied"));
    void *volatile p = malloc(100);
    free(p);
    int good = strcmp(text, "2.500000 copied") == 0 && p != NULL && locked == unlocked && (locked > 0) == LOCKED;
    semihosting_puts(good ? "1..1\nok 1 - all is well\n" : "1..1\nnot ok 1 - all is well\n");
    return !good;
}
END

# image LIBRARY LOCKED [FLAG...]: a firmware of both, build/<board>/scripts/own-sbrk.elf.
image() {
    library=$1
    locked=$2
    shift 2
    mkdir -p "build/$board/scripts"
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -Os -nostartfiles -fno-builtin -ffunction-sections -Wl,--gc-sections -Wl,--fatal-warnings \
        -Wl,--no-warn-rwx-segments -Iextras -DLOCKED="$locked" "$@" -T boards/$board/memory.ld -T linker/sections.ld \
        "$work/program.c" "$work/glue.c" "build/$board/boards/runtime/startup.o" "build/$board/extras/semihosting.o" \
        "build/$board/boards/runtime/syscalls.o" "build/$board/$library" -Wl,-Map,"$work/image.map" \
        -o "build/$board/scripts/own-sbrk.elf"
}
runs() {
    tests/run-one "build/$board/scripts/own-sbrk.elf" | grep '^ok 1'
}
# calls_none: is none of the firmware's own names in the image?
calls_none() {
    ! "${CROSS}nm" "build/$board/scripts/own-sbrk.elf" | grep -E ' (_sbrk|_sbrk_r|__malloc_lock|__malloc_unlock)$'
}

for specs in "" "--specs=nano.specs -u _printf_float" -flto; do
    # shellcheck disable=SC2086
    passes "a firmware with names of sbrk of its own links ($specs)" image libcairn.a 0 $specs
    passes "it runs on one heap ($specs)" runs
    passes "no function calls these names ($specs)" calls_none
done

passes "over the break alone a firmware with a lock of its own links" image libcairn-sbrk.a 1 -DONLY_THE_LOCK -u _sbrk
passes "newlib's malloc takes the firmware's lock, and Cairn's break" runs

# Only the C library's own allocator and sbrk() call these names: then a firmware that has neither does not.
strangers() {
    for specs in "" --specs=nano.specs; do
        # shellcheck disable=SC2046
        libc=$("${CROSS}gcc" $(flags $board) $specs -print-file-name="libc${specs:+_nano}.a")
        "${CROSS}nm" -A "$libc" 2>/dev/null | grep -E ' U (_sbrk|_sbrk_r|__malloc_lock|__malloc_unlock)$' |
            sed 's/.*:\(lib_a-\|libc_a-\)\([^:]*\)\.o:.*/\2/' | sort -u >"$work/callers"
        [ "$(wc -l <"$work/callers")" -gt 4 ] || echo "$libc: no callers"
        grep -vxE '(nano-)?(malloc|free|realloc|malign|mallinfo|mallstats|mallopt)r|mallopt|malloptr|sbrkr|syssbrk' "$work/callers"
    done
}
strangers >"$work/said"
[ ! -s "$work/said" ]
result $? "in the C library only its allocator calls these names" "$work/said"

# Without them, Cairn's are there for code that calls them.
cat >"$work/glue.c" <<'END'
#include <stddef.h>
void *_sbrk(ptrdiff_t increment);
volatile int locked, unlocked;
char *taken;
__attribute__((constructor)) static void take(void)
{
    taken = _sbrk(16);
}
END
image libcairn.a 0 >"$work/said" 2>&1 && "${CROSS}nm" "build/$board/scripts/own-sbrk.elf" | grep ' W _sbrk$' >"$work/said" && runs >>"$work/said"
result $? "a firmware without _sbrk of its own has Cairn's" "$work/said"

done_testing
