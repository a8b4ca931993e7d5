/* names.h: the names of the malloc family, declared apart from any C library's header, which
 * knows only some of them. Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_NAMES_H
#define CAIRN_NAMES_H

#include "cairn.h"

#include <stddef.h>

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

/* What a name that is made of others calls: for its own caller, where the heap is watched. */
#if CAIRN_WATCHED
#define CALLER __builtin_return_address(0)
#define malloc_for(caller, size) cairn_malloc_for(caller, size)
#define calloc_for(caller, count, size) cairn_calloc_for(caller, count, size)
#define realloc_for(caller, p, size) cairn_realloc_for(caller, p, size)
#define memalign_for(caller, alignment, size) cairn_memalign_for(caller, alignment, size)
#define free_for(caller, p) cairn_free_for(caller, p)
#else
#define malloc_for(caller, size) malloc(size)
#define calloc_for(caller, count, size) calloc(count, size)
#define realloc_for(caller, p, size) realloc(p, size)
#define memalign_for(caller, alignment, size) memalign(alignment, size)
#define free_for(caller, p) free(p)
#endif

#endif
