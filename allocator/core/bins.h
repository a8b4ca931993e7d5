/* bins.h: from a size in granules to its bin, two bins to a doubling. Arithmetic only.
 *
 *   size  1  2  3  4-5  6-7  8-11  12-15  16-23  24-31 ...
 *   bin   1  2  3   4    5    6      7      8      9   ...
 *
 * The first bit of a size picks the doubling, the second its half. A bin is a granule of the heap, and its number
 * is that granule's index (heap.h).
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_BINS_H
#define CAIRN_BINS_H

#include "bits.h"
#include "cairn_config.h"

#include <stdbool.h>
#include <stdint.h>

/* Which bins hold a block: bin 0, which there is not, is the first bit. */
#if CAIRN_INDEX_BITS == 16
typedef uint32_t bin_set;
#define BIN_COUNT 32u
#else
typedef uint64_t bin_set;
#define BIN_COUNT 64u
#endif
#define BIN_FIRST ((bin_set)1 << (BIN_COUNT - 1u))

/* The bin of a block of `size` granules, 1 to 2^32 - 1. */
static inline uint32_t bin_of(uint32_t size)
{
    uint32_t shift = 30u -
                     bits_leading_zeros(size | 2u); /* leaves the first two bits; of size 1, the one that it has */
    return 2u * shift + (size >> shift);
}

/* Smallest size in `bin`, in granules. Every block of a bin above that of n has n granules. */
static inline uint32_t bin_floor(uint32_t bin)
{
    return (2u + (bin & 1u)) << (bin / 2u) >> 1;
}

/* The bit of `bin`. */
static inline bin_set bin_bit(uint32_t bin)
{
#if CAIRN_INDEX_BITS == 16
    return bits_bit(bin);
#else
    return BIN_FIRST >> bin % BIN_COUNT;
#endif
}

/* The number of the first bin in `set`, which is not empty. */
static inline uint32_t bin_first(bin_set set)
{
#if CAIRN_INDEX_BITS == 16
    return bits_leading_zeros(set);
#else
    uint32_t upper = (uint32_t)(set >> 32);
    return upper != 0 ? bits_leading_zeros(upper) : 32u + bits_leading_zeros((uint32_t)set);
#endif
}

/* The number of the last bin in `set`, which is not empty. */
static inline uint32_t bin_last(bin_set set)
{
    /* Off the fast paths: halving does. */
    uint32_t bin = BIN_COUNT - 1u;
    while ((set & 1u) == 0) {
        set >>= 1;
        bin--;
    }
    return bin;
}

#endif
