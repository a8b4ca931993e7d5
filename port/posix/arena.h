/* arena.h: the heaps of a process: arenas, each a heap of its own with a lock of its own.
 *
 *    area                                          a slot of the area, for one arena
 *    | slot 0 | slot 1 | ...                       |  ...  | map, downwards | control data, blocks ... |  ...  |
 *                                                          low              handle       ready  open = high
 *
 * The area is a range of addresses, not a reservation: the system is asked for what is used of it, and nothing else
 * counts against any limit. Which arena a pointer belongs to follows from its address. If something else has been
 * mapped where an arena was to grow, that arena is at its end.
 *
 * A thread keeps to one arena. What the system is asked for and what is taken of the heap are one step, under the
 * arena's lock.
 *
 * Memory up to `open` is the arena's. What is above `ready` has never been written to, or has been given back since:
 * it is 0. The top is not above `ready`.
 *
 * Pages that blocks no longer need are given back when the bytes in use have left a range around what they were, and
 * not when a block is freed: a program that frees and takes the same again and again pays for its pages once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_ARENA_H
#define CAIRN_POSIX_ARENA_H

#include "core/heap.h"
#include "lock.h"

#include <stdbool.h>
#include <stddef.h>

/* Addresses for an arena, in bytes: a power of two. How far one heap may grow. */
#ifndef CAIRN_POSIX_ARENA
#define CAIRN_POSIX_ARENA ((size_t)4 << 30)
#endif

/* Slots of the area. Threads share the first arenas; the others are for what does not fit there. */
#ifndef CAIRN_POSIX_ARENAS
#define CAIRN_POSIX_ARENAS 64
#endif

/* Is an arena 2 MiB at most? Then it is opened at once, and stays so. */
static inline bool arena_is_small(void)
{
    return CAIRN_POSIX_ARENA >> 20 <= 2;
}

struct arena {
    _Alignas(
        128) struct lock lock; /* dead before it has begun. Two lines of the cache: a processor fetches them in pairs */
    uint32_t threads;          /* that keep to this arena */
    struct cairn_heap *heap;   /* NULL: not begun */
    index_t ready, open;       /* granules */
    index_t low_used, width;   /* all is well as long as low_used <= used <= low_used + width; granules */
    index_t tidied;            /* `ready` when pages were last given back because it rises */
    index_t limit;             /* the heap's, while arena_take() has lowered it; else 0 */
    char *low, *high;          /* the ends of what is mapped */
    bool claimed;              /* a thread begins it, or has, or something else is mapped in its slot */
    bool for_fork;             /* no thread keeps to it, and fork() does not freeze it */
    bool refused;              /* the system has refused memory: look for free blocks first */
    bool at_end;               /* something else is mapped where it would grow */
    bool whole_map;            /* all of the map can be read: what of it is closed, is mapped read-only */
};

extern struct arena arena_all[CAIRN_POSIX_ARENAS] __attribute__((visibility("hidden")));
extern char *arena_area __attribute__((visibility("hidden")));    /* NULL before the first request */
extern size_t arena_handle __attribute__((visibility("hidden"))); /* where a heap's handle is in its slot */

/* The arena that this thread keeps to; arena_none before its first request. */
extern __thread struct arena *arena_mine __attribute__((visibility("hidden")));
extern struct arena arena_none __attribute__((visibility("hidden"))); /* its lock refuses */

/* The arena that an address belongs to; it may not have begun. NULL: none. */
static inline struct arena *arena_of(const void *p)
{
    size_t slot = ((uintptr_t)p - (uintptr_t)arena_area) / CAIRN_POSIX_ARENA;
    return slot < CAIRN_POSIX_ARENAS ? &arena_all[slot] : NULL;
}

/* The heap of the arena that an address belongs to, if that has begun. No load has to come before it. */
static inline struct cairn_heap *arena_heap(const void *p)
{
    return (struct cairn_heap *)(((uintptr_t)p & ~((uintptr_t)CAIRN_POSIX_ARENA - 1u)) +
                                 __atomic_load_n(&arena_handle, __ATOMIC_RELAXED));
}

/* Has it begun? Then its heap can be used, under its lock. */
static inline bool arena_has_begun(const struct arena *arena)
{
    return __atomic_load_n(&arena->heap, __ATOMIC_ACQUIRE) != NULL;
}

/* The first arena that has begun; NULL before the first request. */
struct arena *arena_first(void) __attribute__((visibility("hidden")));

/* Choose the arena that this thread keeps to: one without a thread, a new one, or one that it shares. NULL if there
 * is no memory for any. */
struct arena *arena_choose(void) __attribute__((visibility("hidden")));

/* Let this thread keep to another arena. */
void arena_change(struct arena *arena) __attribute__((visibility("hidden")));

/* In the child of fork(): the arenas that are not frozen are dead, and only this thread is there. */
void arena_after_fork(void) __attribute__((visibility("hidden")));

/* An arena whose lock fork() does not freeze. NULL if there is no memory for one. */
struct arena *arena_for_fork(void) __attribute__((visibility("hidden")));

/* Begin an arena, for threads or for those that another one's fork() would hold up. NULL if there is no slot, or no
 * memory. */
struct arena *arena_begin(bool for_fork) __attribute__((visibility("hidden")));

/* Can it grow, as far as is known? */
static inline bool arena_can_grow(const struct arena *arena)
{
    return !__atomic_load_n(&arena->at_end, __ATOMIC_RELAXED);
}

/* ---- With the arena's lock held --------------------------------------------------------------- */

/* Let the heap have n granules more above its top, all of them memory. False if the system refuses. */
bool arena_open(struct arena *arena, index_t n) __attribute__((visibility("hidden")));

/* As arena_take(), where n granules may not be ready. */
void *arena_take_slowly(struct arena *arena, index_t n) __attribute__((visibility("hidden")));

/* Give back what the heap does not need. */
void arena_tidy(struct arena *arena) __attribute__((visibility("hidden")));

/* Give back all free pages, except for `pad` bytes above the top. True if there were any. */
bool arena_trim(struct arena *arena, size_t pad) __attribute__((visibility("hidden")));

/* Until arena_unfence(), the heap does not grow past what is ready. */
void arena_fence(struct arena *arena) __attribute__((visibility("hidden")));
void arena_unfence(struct arena *arena) __attribute__((visibility("hidden")));

/* Take n granules; NULL, with the heap unchanged, if neither the heap nor the system has them. */
static inline void *arena_take(struct arena *arena, struct cairn_heap *heap, index_t n)
{
    if (__builtin_expect(n > arena->ready - heap->top, 0))
        return arena_take_slowly(arena, n);
    return heap_take(heap, n);
}

/* Follow the bytes in use. */
static inline void arena_watch(struct arena *arena, const struct cairn_heap *heap)
{
    if (__builtin_expect(heap->used - arena->low_used > arena->width, 0))
        arena_tidy(arena);
}

static inline void arena_leave(struct arena *arena, enum lock_state state)
{
    arena_watch(arena, arena->heap);
    lock_leave(&arena->lock, state);
}

#endif
