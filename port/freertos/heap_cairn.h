/* heap_cairn.h: what heap_cairn.c offers besides the names of the kernel's portable.h.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HEAP_CAIRN_H
#define HEAP_CAIRN_H

#include "cairn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The heap that pvPortMalloc() takes from, for cairn_check(), cairn_walk() and cairn_stats(): malloc's heap, or the one
 * in ucHeap. NULL before the first request, unless vPortInitialiseBlocks() was called. Those functions take no lock:
 * call them inside taskENTER_CRITICAL(), or when no other task or handler uses the heap. */
struct cairn_heap *cairn_freertos_heap(void);

/* Make the block at `p` `size` bytes large, where it is or elsewhere. See heap_cairn.c. */
void *pvPortRealloc(void *p, size_t size);

#ifdef __cplusplus
}
#endif

#endif
