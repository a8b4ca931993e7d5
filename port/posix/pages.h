/* pages.h: the reservation that the heap lies in, and which of its pages the process has.
 *
 *    start                     handle                              top          touched           limit
 *    | closed | 0 | the map, downwards | control data, blocks ...  | was in use | 0 | closed      |
 *
 * Address space for the largest heap is reserved at once, closed: it counts for nothing, is in no core dump,
 * and a wild pointer into it is a fault. It is opened as the top rises, and the system gives a page to it
 * when it is first written to. What is above `touched`, and the map of it, has never been written to, or has
 * been given back since: it is 0.
 *
 * The lock looks at the end of each step whether the top has passed `touched`, or the bytes in use have
 * left a range around what they were. Pages that blocks no longer need are given back then, and not when a
 * block is freed: whoever frees and takes the same again and again pays for its pages once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_PAGES_H
#define CAIRN_POSIX_PAGES_H

#include "system.h"

#include <stdbool.h>
#include <stddef.h>

enum { PAGES_LARGE = 128 << 10 }; /* bytes: who wants as much asks first */

extern struct pages {
    index_t touched;    /* granules from here on are 0; the top is not above it for long */
    index_t low, width; /* all is well as long as low <= used <= low + width; granules */
    index_t open;       /* granules from here on are closed */
    index_t tidied;     /* `touched` when pages were last given back because it rises */
    size_t ask_from;    /* PAGES_LARGE; 0 while the system opens no more: then all must ask */
} pages_state __attribute__((visibility("hidden")));

/* May one ask the heap for `size` bytes? Large requests, and all of them when memory is short, have to ask
 * the system before the heap. False: it has no room for them. Without the lock. */
bool pages_ask(size_t size) __attribute__((visibility("hidden")));

/* Follow the heap: open what is above the top; give back what it does not need. With the lock held. */
void pages_tidy(void) __attribute__((visibility("hidden")));

/* Give back all free pages, but for `pad` bytes above the top. True if there were any. With the lock held. */
bool pages_trim(size_t pad) __attribute__((visibility("hidden")));

/* Give back the whole pages between two addresses: then they are 0. False if there are none, or if the
 * system leaves them where they are. */
bool pages_give_back(const void *from, const void *to) __attribute__((visibility("hidden")));

/* Bytes of a page. */
size_t pages_size(void) __attribute__((visibility("hidden")));

static inline void pages_watch(void)
{
    const struct cairn_heap *heap = cairn_system_state.heap;
    if (heap != NULL && (heap->top > pages_state.touched || heap->used - pages_state.low > pages_state.width))
        pages_tidy();
}

static inline bool pages_has_room(size_t size)
{
    return size < __atomic_load_n(&pages_state.ask_from, __ATOMIC_RELAXED) || pages_ask(size);
}

#endif
