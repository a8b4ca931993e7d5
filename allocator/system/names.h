/* names.h: the names of the malloc family, and the functions behind them. Internal.
 *
 * The names are declared here, apart from any C library's header, which knows only some of them. The functions of the
 * heap are system_malloc() and so on. Where the heap is watched, watch.c publishes watched_malloc() and so on around them.
 * The host's tests define the names as macros (port/host/prefix.h), and keep the C library's heap: the symbols follow.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_NAMES_H
#define CAIRN_NAMES_H

#include "../core/linkage.h"
#include "cairn.h"

#include <stddef.h>

/* ---- The names ------------------------------------------------------------------------------- */

void *malloc(size_t size);
void free(void *p);
void cfree(void *p);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t size);
void *reallocf(void *p, size_t size);
void *reallocarray(void *p, size_t count, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **result, size_t alignment, size_t size);
void *valloc(size_t size);
void *pvalloc(size_t size);
size_t malloc_usable_size(void *p);
int malloc_trim(size_t pad);
int mallopt(int parameter, int value);
void *sbrk(ptrdiff_t increment);

/* ---- The functions behind them ---------------------------------------------------------------- */

/* `used`: what optimizes at link time does not see the C library's calls, and would drop what they need. */
#define PUBLISH_NAME(name, function) PUBLISH(name, function) __attribute__((used))
#if CAIRN_WATCHED
#define PUBLISH_UNWATCHED(name, system, watched) \
    CONCEAL(name, system);                       \
    PUBLISH_NAME(name, watched)
#else
#define PUBLISH_UNWATCHED(name, system, watched) PUBLISH_NAME(name, system)
#endif

PUBLISH_UNWATCHED(malloc, system_malloc, watched_malloc);
PUBLISH_UNWATCHED(free, system_free, watched_free);
PUBLISH_UNWATCHED(calloc, system_calloc, watched_calloc);
PUBLISH_UNWATCHED(realloc, system_realloc, watched_realloc);
PUBLISH_UNWATCHED(memalign, system_memalign, watched_memalign);
PUBLISH_UNWATCHED(malloc_usable_size, system_usable_size, watched_usable_size);

/* Guarded memory comes back from a caller of sbrk(). */
#if CAIRN_CHECK == 2
PUBLISH_UNWATCHED(sbrk, system_sbrk, watched_sbrk);
#else
PUBLISH_NAME(sbrk, system_sbrk);
#endif

/* family.c: made of the ones above. */
PUBLISH_NAME(cfree, family_cfree);
PUBLISH_NAME(reallocf, family_reallocf);
PUBLISH_NAME(reallocarray, family_reallocarray);
PUBLISH_NAME(aligned_alloc, family_aligned_alloc);
PUBLISH_NAME(posix_memalign, family_posix_memalign);
PUBLISH_NAME(valloc, family_valloc);
PUBLISH_NAME(pvalloc, family_pvalloc);
PUBLISH_NAME(malloc_trim, family_malloc_trim);
PUBLISH_NAME(mallopt, family_mallopt);

/* What a name that is made of others calls: for its own caller, where the heap is watched. */
#if CAIRN_WATCHED
#define CALLER __builtin_return_address(0)
#define malloc_for(caller, size) cairn_malloc_for(caller, size)
#define calloc_for(caller, count, size) cairn_calloc_for(caller, count, size)
#define realloc_for(caller, p, size) cairn_realloc_for(caller, p, size)
#define memalign_for(caller, alignment, size) cairn_memalign_for(caller, alignment, size)
#define free_for(caller, p) cairn_free_for(caller, p)
#else
#define malloc_for(caller, size) system_malloc(size)
#define calloc_for(caller, count, size) system_calloc(count, size)
#define realloc_for(caller, p, size) system_realloc(p, size)
#define memalign_for(caller, alignment, size) system_memalign(alignment, size)
#define free_for(caller, p) system_free(p)
#endif

#endif
