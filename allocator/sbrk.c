/* sbrk.c: the break, in the heap region that the linker script gives.
 *
 * The limit is a symbol, never the stack pointer: a task's stack may lie anywhere. Nothing is
 * rounded to pages.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"
#include "system.h"

#include <errno.h>

struct cairn_system cairn_system_state;

void *sbrk(ptrdiff_t increment);

/* Move the break by `increment` bytes. Returns the old one; or (void *)-1 with errno ENOMEM, and
 * nothing changed, if it would leave the region or fall into what the heap holds. */
void *sbrk(ptrdiff_t increment)
{
    uint32_t state = port_lock();
    const struct cairn_heap *heap = cairn_system_state.heap;
    uintptr_t brk = (uintptr_t)cairn_system_state.brk;
    if (brk == 0)
        brk = (uintptr_t)port_heap_start();
    uintptr_t lowest = heap != NULL ? (uintptr_t)heap + (uintptr_t)heap->top * CAIRN_GRANULE : (uintptr_t)port_heap_start();
    uintptr_t limit = (uintptr_t)port_heap_limit();
    /* As unsigned numbers: a region that starts above its limit has no room, not a lot of it. */
    bool good = increment >= 0 ? brk <= limit && (uintptr_t)increment <= limit - brk
                               : -(uintptr_t)increment <= brk - lowest;
    if (good)
        cairn_system_state.brk = (char *)brk + increment;
    port_unlock(state);
    if (good)
        return (void *)brk;
    errno = ENOMEM;
    return (void *)-1;
}
