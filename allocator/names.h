/* names.h: the names of the malloc family, declared apart from any C library's header, which
 * knows only some of them. Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_NAMES_H
#define CAIRN_NAMES_H

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

#endif
