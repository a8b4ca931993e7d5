/* system.c: the first arena, as the system heap of cairn.h.
 *
 * SPDX-License-Identifier: MIT */
#include "visible.h"

#include "arena.h"
#include "pages.h"
#include "port.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0
#endif

/* Let all of the map be read: cairn_check() looks at the bits up to the limit. With the arena's lock held. */
static bool map_whole(struct arena *arena)
{
    char *start = pages_down(map_tile(arena->heap, arena->heap->limit));
    size_t size = (size_t)(arena->low - start);
    if (arena->whole_map || size == 0)
        return true;
    char *p = mmap(start, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != MAP_FAILED && p != start)
        munmap(p, size);
    arena->whole_map = p == start;
    return arena->whole_map;
}

/* NULL also if there are no addresses for its map, or while fork() has frozen it. */
struct cairn_heap *cairn_system(void)
{
    int saved = errno;
    struct arena *arena = arena_first();
    enum lock_state state = arena != NULL ? lock_enter(&arena->lock) : LOCK_REFUSED;
    bool whole = state != LOCK_REFUSED && map_whole(arena);
    if (state != LOCK_REFUSED)
        lock_leave(&arena->lock, state);
    errno = saved;
    return whole ? arena->heap : NULL;
}

/* ---- port.h, for cairn_check_step() ---------------------------------------------------------- */

/* A lock does not nest, so this counts for it. */
static __thread uint32_t depth;
static __thread enum lock_state entered;

uint32_t port_lock(void)
{
    struct arena *arena = arena_first();
    if (depth == 0 && arena != NULL)
        entered = lock_enter(&arena->lock);
    return depth++;
}

void port_unlock(uint32_t state)
{
    struct arena *arena = arena_first();
    depth = state;
    if (depth == 0 && arena != NULL)
        lock_leave(&arena->lock, entered);
}
