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

/* Unit of allocation and of alignment, in bytes: four indices, what a free block needs. */
#define CAIRN_GRANULE (CAIRN_INDEX_BITS / 2)

#endif
