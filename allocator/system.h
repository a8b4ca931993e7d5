/* system.h: the state behind malloc() and sbrk(). Internal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_SYSTEM_H
#define CAIRN_SYSTEM_H

#include "heap.h"

/* The only state outside a heap. All zero, as BSS is, means that nothing has happened yet.
 *
 * The break is the top of the heap, but for what others take by sbrk(): before the heap starts, and
 * afterwards while their block, which is reserved in the map, is the last one. */
extern struct cairn_system {
    struct cairn_heap *heap; /* NULL until the first request */
    char *brk;               /* the break where others moved it to; NULL: nobody has */
    uint32_t cleared;        /* words of the control data that are clear, before the heap begins */
    link_t reserved;         /* the start of the others' last block */
    link_t reserved_top;     /* the top when that was the last block of all */
} cairn_system_state;

#endif
