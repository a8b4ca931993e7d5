/* region.c: for the tests that are about a heap in one region: the first arena as that region.
 *
 * Where there is only one arena, a small one, its break can be moved as on a board, by the heap's own sbrk().
 *
 * SPDX-License-Identifier: MIT */
#include "arena.h"
#include "system/names.h"
#include "port.h"

char *port_heap_start(void)
{
    return arena_area;
}

char *port_heap_limit(void)
{
    struct cairn_heap *heap = cairn_system();
    return heap == NULL ? arena_area : heap_pointer(heap, heap->limit);
}

#if CAIRN_POSIX_ARENAS == 1
#define system_sbrk region_sbrk
void *region_sbrk(ptrdiff_t increment);
#include "system/sbrk.c"
struct cairn_system cairn_system_state;

/* The heap begins before it moves: below it is nothing. */
void *sbrk(ptrdiff_t increment)
{
    if (cairn_system() == NULL)
        free(malloc(1));
    cairn_system_state.heap = cairn_system();
    return region_sbrk(increment);
}
#elif defined(sbrk)
#undef sbrk

/* The process's own: the arenas do not follow it. */
void *host_sbrk(ptrdiff_t increment)
{
    return sbrk(increment);
}
#endif
