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

#define STATE cairn_system_state

void *sbrk(ptrdiff_t increment);

/* What the heap has not taken begins at the break: tell it that [*start, brk) is somebody else's.
 * False if the map does not reach so far. */
static bool reserve(struct cairn_heap *heap, index_t start, uintptr_t brk)
{
    index_t end = (index_t)((brk - (uintptr_t)heap + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    if (!heap_reserve(heap, start, end))
        return false;
    STATE.reserved = start;
    STATE.reserved_top = heap->top;
    return true;
}

/* Move the break by `increment` bytes. Returns the old one; or (void *)-1 with errno ENOMEM, and
 * nothing changed, if it would leave the region or fall into what the heap holds. */
void *sbrk(ptrdiff_t increment)
{
    uint32_t state = port_lock();
    struct cairn_heap *heap = STATE.heap;
    uintptr_t lowest = (uintptr_t)port_heap_start();
    uintptr_t brk = STATE.brk != NULL ? (uintptr_t)STATE.brk : lowest;
    index_t start = 0;
    if (heap != NULL) {
        start = heap->top == STATE.reserved_top ? STATE.reserved : heap->top;
        lowest = (uintptr_t)heap_pointer(heap, start);
        if (start == heap->top)
            brk = lowest;
    }
    uintptr_t limit = (uintptr_t)port_heap_limit();
    /* As unsigned numbers: a region that starts above its limit has no room, not a lot of it. */
    bool good = increment >= 0 ? brk <= limit && (uintptr_t)increment <= limit - brk
                               : -(uintptr_t)increment <= brk - lowest;
    uintptr_t moved = brk + (uintptr_t)increment;
    if (good && heap != NULL && increment != 0)
        good = reserve(heap, start, moved);
    if (good && increment != 0)
        STATE.brk = (char *)moved;
    port_unlock(state);
    if (good)
        return (void *)brk;
    errno = ENOMEM;
    return (void *)-1;
}
