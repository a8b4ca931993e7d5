/* malloc_lock.c: the lock of newlib's own malloc, for a firmware that takes only sbrk() from here.
 *
 * newlib takes it again inside itself (realloc calls malloc), and passes no state along. So the
 * state that the outermost call found is kept here: no other code runs while it is held.
 * Weak: a firmware may have its own.
 * newlib holds it for as long as its search through the heap takes: interrupts wait for that.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"

#include <malloc.h>
#include <reent.h>

static uint32_t depth, outermost;

__attribute__((weak)) void __malloc_lock(struct _reent *reent)
{
    (void)reent;
    uint32_t state = port_lock();
    if (depth++ == 0)
        outermost = state;
}

__attribute__((weak)) void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
    if (--depth == 0)
        port_unlock(outermost);
}
