/* core_names.h: gives the heap's family the names of core.h. For the compiler's -include, where the heap is
 * compiled for this port.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_CORE_NAMES_H
#define CAIRN_CORE_NAMES_H

#include "core.h"

#undef malloc
#undef calloc
#undef realloc
#undef memalign
#define malloc core_malloc
#define calloc core_calloc
#define realloc core_realloc
#define memalign core_memalign

/* Reached directly, not by way of the table of what other libraries might define. */
extern struct cairn_system cairn_system_state __attribute__((visibility("hidden")));

/* The heap's break is not the process's. */
#ifndef sbrk
#define sbrk core_sbrk
#endif

#endif
