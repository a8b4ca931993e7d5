/* libc-sbrk.c: sbrk() for the C library's own malloc, in the same region as Cairn's.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>

extern char __heap_start[], __heap_limit[];

static char *brk = __heap_start;

void *sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment);

void *sbrk(ptrdiff_t increment)
{
    if (increment > __heap_limit - brk || increment < __heap_start - brk) {
        errno = ENOMEM;
        return (void *)-1;
    }
    char *old = brk;
    brk += increment;
    return old;
}

void *_sbrk(ptrdiff_t increment)
{
    return sbrk(increment);
}
