/* prefix.h: renames the malloc family, so that on the host it does not replace the C library's and
 * sanitizers keep theirs. Given to the compiler by -include, for the family and for its users.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PREFIX_H
#define CAIRN_PREFIX_H

/* First the C library's own declarations, under their own names. */
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#define malloc heap_malloc
#define free heap_free_
#define cfree heap_cfree
#define calloc heap_calloc
#define realloc heap_realloc
#define reallocf heap_reallocf
#define reallocarray heap_reallocarray
#define memalign heap_memalign
#define aligned_alloc heap_aligned_alloc
#define posix_memalign heap_posix_memalign
#define valloc heap_valloc
#define pvalloc heap_pvalloc
#define malloc_usable_size heap_malloc_usable_size
#define malloc_trim heap_malloc_trim
#define mallopt heap_mallopt
#define sbrk heap_sbrk

#include "system/names.h"

void *sbrk(ptrdiff_t increment);

#endif
