/* map.h: two bits for each granule, `bound` and `used`, that say where every block begins and ends.
 *
 *   granule                                                       bound  used
 *   first granule of a used block                                   1     1
 *   the 31 after it, if the block is larger than 31 granules        0     its size, as one number
 *   first granule of a free block                                   1     0
 *   any other                                                       0     0
 *
 * The bits of 32 granules are two words, side by side: a tile. The tiles stand below the heap's
 * handle, but for tile 0, which is at it; granule 0 of each is its most significant bit. Bits of any 32
 * granules in a row are spliced from two tiles: a window.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_MAP_H
#define CAIRN_MAP_H

#include "bits.h"

#include <stdbool.h>
#include <stdint.h>

/* A granule's number, or a number of granules. */
typedef uint32_t index_t;

struct tile {
    uint32_t bound;
    uint32_t used;
};

enum { TILE_GRANULES = 32 };

/* Largest used block whose size is read from the bound bits alone. */
enum { MAP_SMALL = 31 };

static inline struct tile *map_tile(void *handle, index_t i)
{
    return (struct tile *)handle - i / TILE_GRANULES;
}

static inline uint32_t map_mask(index_t i)
{
    return bits_rotate_right(BITS_FIRST, i);
}

/* The 32 bits from bit i % 32 of `word` on, those past its end taken from `next`. */
static inline uint32_t map_splice(uint32_t word, uint32_t next, index_t i)
{
    uint32_t shift = i % TILE_GRANULES;
    return word << shift | next >> 1 >> (31u - shift);
}

static inline bool map_is_bound(void *handle, index_t i)
{
    return (map_tile(handle, i)->bound & map_mask(i)) != 0;
}

static inline bool map_is_used(void *handle, index_t i)
{
    return (map_tile(handle, i)->used & map_mask(i)) != 0;
}

/* Is granule i the first of a free block? */
static inline bool map_is_free(void *handle, index_t i)
{
    const struct tile *tile = map_tile(handle, i);
    return (tile->bound & ~tile->used & map_mask(i)) != 0;
}

/* Is granule i the first of a used block? */
static inline bool map_is_live(void *handle, index_t i)
{
    const struct tile *tile = map_tile(handle, i);
    return (tile->bound & tile->used & map_mask(i)) != 0;
}

static inline void map_set_bound(void *handle, index_t i)
{
    map_tile(handle, i)->bound |= map_mask(i);
}

static inline void map_clear_bound(void *handle, index_t i)
{
    map_tile(handle, i)->bound &= ~map_mask(i);
}

/* Granules in the used block that begins at i; 0 if it is a reserved one. */
static inline index_t map_used_size(void *handle, index_t i)
{
    const struct tile *tile = map_tile(handle, i);
    uint32_t bound = map_splice(tile->bound, tile[-1].bound, i) << 1;
    if (bound != 0)
        return 1u + bits_leading_zeros(bound);
    return map_splice(tile->used, tile[-1].used, i) & ~BITS_FIRST;
}

/* Turn the used bits of a block of more than MAP_SMALL granules at i: on if they are off, off if on. */
static inline void map_turn_large(void *handle, index_t i, index_t size)
{
    struct tile *tile = map_tile(handle, i);
    uint32_t bits = BITS_FIRST | size;
    uint32_t shift = i % TILE_GRANULES;
    tile->used ^= bits >> shift;
    tile[-1].used ^= bits << 1 << (31u - shift);
}

/* The same for a block of any size. */
static inline void map_turn_used(void *handle, index_t i, index_t size)
{
    if (size <= MAP_SMALL)
        map_tile(handle, i)->used ^= map_mask(i);
    else
        map_turn_large(handle, i, size);
}

/* map_used_size(), and turn the used bits off: both at once take fewer steps. */
static inline index_t map_clear_used(void *handle, index_t i)
{
    struct tile *tile = map_tile(handle, i);
    uint32_t bound = map_splice(tile->bound, tile[-1].bound, i) << 1;
    if (bound != 0) {
        tile->used &= ~map_mask(i);
        return 1u + bits_leading_zeros(bound);
    }
    index_t size = map_splice(tile->used, tile[-1].used, i) & ~BITS_FIRST;
    if (size != 0)
        map_turn_large(handle, i, size);
    return size;
}

#endif
