/* system.h: the state behind malloc() and sbrk(). Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_SYSTEM_H
#define CAIRN_SYSTEM_H

#include "../core/heap.h"

/* The only state outside a heap. All zero, as BSS is, means that nothing has happened yet.
 *
 * The break is the top of the heap, except for what others take by sbrk(): before the heap starts, and
 * afterwards while their block, which is reserved in the map, is the last one. */
extern struct cairn_system {
    struct cairn_heap *heap; /* NULL until the first request */
    char *brk;               /* the break, after a caller of sbrk() has moved it; else NULL */
    index_t done;            /* granules that have been written before the heap begins */
    link_t reserved;         /* the start of the others' last block */
    link_t reserved_top;     /* the top when that was the last block of all */
} cairn_system_state;

/* ---- malloc.c, for regions.c and watch.c ----------------------------------------------------- */

/* Start the heap, if it is not. O(1) each step with the lock held; they are as many as the control data
 * is large. */
void system_start(void) INTERNAL(system_start);

/* The heap to ask for the block at `p`. Where the heap is watched only. */
struct cairn_heap *system_home(const void *p) INTERNAL(system_home);

/* Returns NULL, with `error` in errno. */
void *system_refuse(int error) INTERNAL(system_refuse);

/* Take n granules in the system heap alone. NULL, with errno as it was, if there are none. */
void *system_take(index_t n) INTERNAL(system_take);

/* Keep the aligned part of the block at `p`, of fit->have granules, which was just taken. */
void *system_keep_aligned(char *p, const struct heap_fit *fit) INTERNAL(system_keep_aligned);

/* ---- regions.c, for malloc.c and watch.c ----------------------------------------------------- */

#if CAIRN_REGIONS

/* Take n granules in the first region that has room and is what `attributes` ask for; NULL if none. */
void *region_take(uint32_t attributes, index_t n) INTERNAL(region_take);

/* Take n granules in RAM that has all of `attributes`, in the system heap first. NULL if none. */
void *region_take_in(uint32_t attributes, index_t n) INTERNAL(region_take_in);

/* Take n granules for a block of `heap`, which has no room for them. NULL if there are none. */
void *region_move(const struct cairn_heap *heap, index_t n) INTERNAL(region_move);

/* `size` bytes in whole cache lines, one at least; too many for any heap if that wraps. */
static inline size_t region_lines(size_t size)
{
    enum { LINE = CAIRN_CACHE_LINE };
    return size > SIZE_MAX - LINE ? SIZE_MAX : (size + (size == 0) + LINE - 1u) / LINE * LINE;
}

/* The heap of the region that `p` lies in; NULL if it lies in none. */
struct cairn_heap *region_heap(const void *p) INTERNAL(region_heap);

#else

static inline void *region_take(uint32_t attributes, index_t n)
{
    (void)attributes;
    (void)n;
    return NULL;
}

static inline void *region_take_in(uint32_t attributes, index_t n)
{
    (void)attributes;
    (void)n;
    return NULL;
}

static inline void *region_move(const struct cairn_heap *heap, index_t n)
{
    (void)heap;
    (void)n;
    return NULL;
}

static inline struct cairn_heap *region_heap(const void *p)
{
    (void)p;
    return NULL;
}

#endif

#endif
