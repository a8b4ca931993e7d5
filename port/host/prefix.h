/* prefix.h: other names for the malloc family, so that on the host it does not replace the C library's and
 * sanitizers keep theirs. Given to the compiler by -include, for the family and for its users.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PREFIX_H
#define CAIRN_PREFIX_H

/* First the C library's own declarations, under their own names. */
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#define malloc host_malloc
#define free host_free
#define cfree host_cfree
#define calloc host_calloc
#define realloc host_realloc
#define reallocf host_reallocf
#define reallocarray host_reallocarray
#define memalign host_memalign
#define aligned_alloc host_aligned_alloc
#define posix_memalign host_posix_memalign
#define valloc host_valloc
#define pvalloc host_pvalloc
#define malloc_usable_size host_malloc_usable_size
#define malloc_trim host_malloc_trim
#define mallopt host_mallopt
#define sbrk host_sbrk

#include "system/names.h"

#endif
