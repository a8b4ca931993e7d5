/* sbrk.c: the break, in the heap region that the linker script gives.
 *
 * The limit is a symbol, never the stack pointer: a task's stack may lie anywhere. Nothing is
 * rounded to pages.
 *
 * SPDX-License-Identifier: MIT */
#include "names.h"
#include "system.h"

#include "port.h"

#include <errno.h>

#define STATE cairn_system_state

/* Alone, under the C library's own malloc, there is no malloc.c, and no heap that a move concerns. */
#ifdef CAIRN_SBRK_ALONE
struct cairn_system cairn_system_state;
#define HEAP ((struct cairn_heap *)NULL)
#else
#define HEAP STATE.heap
#endif

/* Tell the heap that the caller of sbrk() owns what is between granule i and `brk`. */
COLD static bool reserve(struct cairn_heap *heap, index_t i, uintptr_t brk)
{
    index_t end = (index_t)((brk - (uintptr_t)heap + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    if (!heap_reserve(heap, i, end))
        return false;
    STATE.reserved = (link_t)(end != i ? i : heap->top);
    STATE.reserved_top = heap->top;
    return true;
}

/* Where the break is, in *brk, and may fall to, in *lowest: to the region's start at first. Returns the granule there,
 * if the heap has begun. */
COLD static index_t find_break(uintptr_t start, uintptr_t *brk, uintptr_t *lowest)
{
    struct cairn_heap *heap = HEAP;
    if (heap == NULL) {
        *lowest = start;
        *brk = STATE.brk != NULL ? (uintptr_t)STATE.brk : *lowest;
        return 0;
    }
    bool theirs = heap->top == STATE.reserved_top && heap->top != STATE.reserved;
    index_t i = theirs ? STATE.reserved : heap->top;
    *lowest = (uintptr_t)heap_pointer(heap, i);
    *brk = theirs ? (uintptr_t)STATE.brk : *lowest;
    return i;
}

/* Move the break in the region, with the lock held. */
COLD static bool move(ptrdiff_t increment, uintptr_t start, uintptr_t limit, uintptr_t *brk)
{
    uintptr_t lowest;
    index_t i = find_break(start, brk, &lowest);
    /* As unsigned numbers: a region that starts above its limit has no room, not a lot of it. */
    if (increment >= 0 ? *brk > limit || (uintptr_t)increment > limit - *brk : -(uintptr_t)increment > *brk - lowest)
        return false;
    if (increment == 0)
        return true;
    uintptr_t moved = *brk + (uintptr_t)increment;
    if (HEAP == NULL)
        STATE.done = 0; /* the heap will lie elsewhere */
    else if (!reserve(HEAP, i, moved))
        return false;
    STATE.brk = (char *)moved;
    return true;
}

/* Move the break by `increment` bytes. Returns the old one; or (void *)-1 with errno ENOMEM, and
 * nothing changed, if it would leave the region or fall into what the heap holds. */
COLD void *system_sbrk(ptrdiff_t increment)
{
    /* Found without the lock, as by the first request. */
    uintptr_t start = (uintptr_t)port_heap_start();
    uintptr_t limit = (uintptr_t)port_heap_limit();
    uint32_t state = port_lock();
    uintptr_t brk;
    bool good = move(increment, start, limit, &brk);
    port_unlock(state);
    if (good)
        return (void *)brk;
    errno = ENOMEM;
    return (void *)-1;
}
