/* private.h: the functions behind cairn_malloc() and the other names of private heaps. Internal.
 *
 * At level 2 the heap is guarded: watch.c publishes functions that call these.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PRIVATE_H
#define CAIRN_PRIVATE_H

#include "cairn.h"
#include "linkage.h"

#if CAIRN_CHECK == 2
#define PUBLISH_PLAIN(name, plain, guarded) \
    CONCEAL(name, plain);                   \
    PUBLISH(name, guarded)
#else
#define PUBLISH_PLAIN(name, plain, guarded) PUBLISH(name, plain)
#endif

PUBLISH_PLAIN(cairn_init, private_init, guarded_init);
PUBLISH_PLAIN(cairn_malloc, private_malloc, guarded_malloc);
PUBLISH_PLAIN(cairn_calloc, private_calloc, guarded_calloc);
PUBLISH_PLAIN(cairn_aligned_alloc, private_aligned_alloc, guarded_aligned_alloc);
PUBLISH_PLAIN(cairn_free, private_free, guarded_free);
PUBLISH_PLAIN(cairn_realloc, private_realloc, guarded_realloc);
PUBLISH_PLAIN(cairn_usable_size, private_usable_size, guarded_usable_size);
PUBLISH_PLAIN(cairn_check, heap_check, guarded_check);

/* Which blocks are held in the quarantine is known to the layer above. */
#if CAIRN_QUARANTINE > 0
#define PUBLISH_BY_MAP(name, by_map, held) \
    CONCEAL(name, by_map);                 \
    PUBLISH(name, held)
#else
#define PUBLISH_BY_MAP(name, by_map, held) PUBLISH(name, by_map)
#endif

PUBLISH_BY_MAP(cairn_walk, heap_walk, held_walk);
PUBLISH_BY_MAP(cairn_stats, heap_stats, held_stats);
PUBLISH_BY_MAP(cairn_used_bytes, heap_used_bytes, held_used_bytes);

#endif
