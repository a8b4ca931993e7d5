/* core.h: the heap's own family, below this port's.
 *
 * free() and malloc_usable_size() need nothing from the port: they are the heap's, under their public names.
 * What the port adds to has another name in the heap, and the public one in malloc.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_CORE_H
#define CAIRN_CORE_H

/* These are seen from outside the library, all else is not. */
#pragma GCC visibility push(default)
#include "cairn.h"
#include "names.h"
#pragma GCC visibility pop

#include <stddef.h>

void *core_malloc(size_t size);
void *core_calloc(size_t count, size_t size);
void *core_realloc(void *p, size_t size);
void *core_memalign(size_t alignment, size_t size);

#endif
