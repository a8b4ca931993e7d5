/* system.h: the state behind malloc() and sbrk(). Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_SYSTEM_H
#define CAIRN_SYSTEM_H

#include "heap.h"

/* The only state outside a heap. All zero, as BSS is, means that nothing has happened yet. */
extern struct cairn_system {
    struct cairn_heap *heap; /* NULL until the first request */
    char *brk;               /* end of the memory obtained so far; NULL is port_heap_start() */
} cairn_system_state;

#endif
