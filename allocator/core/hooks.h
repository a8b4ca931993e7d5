/* hooks.h: where the heap lets a layer above it look, at level 2 only. Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_HOOKS_H
#define CAIRN_HOOKS_H

#include "heap.h"

/* What a word of free memory is filled with. */
#define HEAP_FILL 0xddddddddu

#if CAIRN_CHECK == 2

/* The last size of a free block is about to be written at granule i, over the fill. */
void hook_before_tail(struct cairn_heap *heap, index_t i) INTERNAL(hook_before_tail);

#else

static inline void hook_before_tail(struct cairn_heap *heap, index_t i)
{
    (void)heap, (void)i;
}

#endif

#endif
