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

#endif
