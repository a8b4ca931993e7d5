/* cairn_config.h: every option of the heap, with its meaning, unit, range, default and cost.
 * Set one with -D, or name a header of your own with -DCAIRN_CONFIG_HEADER='"my_config.h"'.
 * A value that the code cannot work with does not compile.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_CONFIG_H
#define CAIRN_CONFIG_H

#ifdef CAIRN_CONFIG_HEADER
#include CAIRN_CONFIG_HEADER
#endif

/* Bits of a granule's index: 16 or 32.
 * 16: granules of 8 bytes, heaps up to 512 KiB: the choice for microcontrollers.
 * 32: granules of 16 bytes, heaps up to 2 GiB on a 32-bit and 64 GiB on a 64-bit machine. */
#ifndef CAIRN_INDEX_BITS
#define CAIRN_INDEX_BITS 16
#endif

#if CAIRN_INDEX_BITS != 16 && CAIRN_INDEX_BITS != 32
#error "CAIRN_INDEX_BITS must be 16 (heaps up to 512 KiB) or 32"
#endif

/* Further ranges of RAM behind malloc(): 0 or 1. See cairn.h, Regions.
 * 0: there is one, the system heap.
 * 1: cairn_add_region() and what belongs to it. Costs 950 bytes of flash at most (Cortex-M3, -Os), 4 of
 *    RAM, 11 instructions in free() and in realloc(), and about 5 more for each region that was added;
 *    nothing in malloc() while the system heap can serve. */
#ifndef CAIRN_REGIONS
#define CAIRN_REGIONS 0
#endif

#if CAIRN_REGIONS != 0 && CAIRN_REGIONS != 1
#error "CAIRN_REGIONS must be 0 (the system heap alone) or 1 (regions can be added)"
#endif

/* What the RAM of the system heap is, for cairn_malloc_in(): attributes of cairn.h, added up.
 * Default: a DMA controller reaches it. */
#ifndef CAIRN_SYSTEM_ATTRIBUTES
#define CAIRN_SYSTEM_ATTRIBUTES CAIRN_DMA
#endif

/* Bytes in a line of the data cache, for cairn_dma_alloc(): a power of two, CAIRN_GRANULE or more.
 * 32: Cortex-M7 and Cortex-M55; elsewhere it does no harm. */
#ifndef CAIRN_CACHE_LINE
#define CAIRN_CACHE_LINE 32
#endif

/* Unit of allocation and of alignment, in bytes: four indices, what a free block needs. */
#define CAIRN_GRANULE (CAIRN_INDEX_BITS / 2)

#if CAIRN_CACHE_LINE < CAIRN_GRANULE || (CAIRN_CACHE_LINE & (CAIRN_CACHE_LINE - 1)) != 0
#error "CAIRN_CACHE_LINE must be a power of two, CAIRN_GRANULE or more"
#endif

#endif
