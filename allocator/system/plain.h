/* plain.h: included first by the files whose functions are watched: where the heap is, they define
 * plain_malloc() and so on, and watch.c what everybody calls. Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PLAIN_H
#define CAIRN_PLAIN_H

#include "cairn_config.h"

#if CAIRN_WATCHED
#include "../watch/watch.h"

#undef malloc
#undef free
#undef calloc
#undef realloc
#undef memalign
#undef malloc_usable_size
#define malloc plain_malloc
#define free plain_free
#define calloc plain_calloc
#define realloc plain_realloc
#define memalign plain_memalign
#define malloc_usable_size plain_malloc_usable_size

/* Private heaps are guarded, and else not watched; and who moves the break gives memory back. */
#if CAIRN_CHECK == 2
#undef sbrk
#define sbrk plain_sbrk
#define cairn_init plain_cairn_init
#define cairn_malloc plain_cairn_malloc
#define cairn_calloc plain_cairn_calloc
#define cairn_aligned_alloc plain_cairn_aligned_alloc
#define cairn_free plain_cairn_free
#define cairn_realloc plain_cairn_realloc
#define cairn_usable_size plain_cairn_usable_size
#endif
#endif

#endif
