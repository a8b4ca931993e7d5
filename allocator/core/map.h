/* map.h: two bits for each granule, `bound` and `used`, that say where every block begins and ends.
 *
 *   granule                                                       bound  used
 *   first granule of a used block                                   1     1
 *   the 31 after it, if the block is larger than 31 granules        0     its size, as one number
 *   first granule of a free block                                   1     0
 *   any other                                                       0     0
 *
 * The bits of 32 granules are two words, side by side: a tile. Tile 0 is at the heap's handle, the
 * others below it; granule 0 of each is its most significant bit. Bits of any 32 granules in a row are
 * spliced from two tiles: a window.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_MAP_H
#define CAIRN_MAP_H

#include "bits.h"
#include "cairn_config.h"

#include <stdbool.h>
#include <stdint.h>

/* A granule's number, or a number of granules. */
typedef uint32_t index_t;

struct __attribute__((may_alias)) tile {
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
    return bits_bit(i);
}

/* The bit of granule i, in its tile's word. As the sign, which costs no mask. */
static inline bool map_bit(uint32_t word, index_t i)
{
    return (word << i % TILE_GRANULES & BITS_FIRST) != 0;
}

static inline bool map_is_bound(void *handle, index_t i)
{
    return map_bit(map_tile(handle, i)->bound, i);
}

/* Always inline: calls take more bytes, on Cortex-M and on RISC-V. */
static inline __attribute__((always_inline)) bool map_is_used(void *handle, index_t i)
{
    return map_bit(map_tile(handle, i)->used, i);
}

/* Is granule i the first of a free block? */
static inline bool map_is_free(void *handle, index_t i)
{
    const struct tile *tile = map_tile(handle, i);
    return map_bit(tile->bound & ~tile->used, i);
}

/* Is granule i the first of a used block? */
static inline bool map_is_live(void *handle, index_t i)
{
    const struct tile *tile = map_tile(handle, i);
    return map_bit(tile->bound & tile->used, i);
}

/* The used bits of a block of more than MAP_SMALL granules at i, in its own tile; those in the next one are turned. */
static inline uint32_t map_large(struct tile *tile, index_t i, index_t size)
{
    uint32_t bits = BITS_FIRST | size;
    uint32_t shift = i % TILE_GRANULES;
    tile[-1].used ^= bits << 1 << (31u - shift);
    return bits >> shift;
}

/* Granule i begins a block, or does so no more. */
static inline void map_turn_bound(void *handle, index_t i)
{
    map_tile(handle, i)->bound ^= map_mask(i);
}

/* Turn the used bits of a block of `size` granules at i: on if they are off, off if on. Unless `bound` is 0, it begins
 * to be a block of its own, or ends. */
static inline void map_turn(void *handle, index_t i, index_t size, index_t bound)
{
    struct tile *tile = map_tile(handle, i);
    uint32_t bits = map_mask(i);
    if (bound != 0)
        tile->bound ^= bits;
    if (__builtin_expect(size > MAP_SMALL, 0))
        bits = map_large(tile, i, size);
    tile->used ^= bits;
}

/* The used block of one granule at i becomes one of `size`. */
static inline void map_grow(void *handle, index_t i, index_t size)
{
    if (__builtin_expect(size > MAP_SMALL, 0)) {
        map_turn(handle, i, 1, false);
        map_turn(handle, i, size, false);
    }
}

/* Granules in the used block that begins at i; 0 if it is a reserved one.
 *
 * The block ends at or below `top`, which is bound. Where that is in i's own tile, the next tile is not
 * read: it need not exist. If no bit is found, the map is not as it was, and the answer is 0 as well. */
static inline index_t map_used_size(void *handle, index_t i, index_t top)
{
    const struct tile *tile = map_tile(handle, i);
    uint32_t shift = i % TILE_GRANULES;
    uint32_t bound = tile->bound << shift << 1;
    if (__builtin_expect(bound == 0, 0)) {
        if ((i | 31u) >= top)
            return 0;
        bound = tile[-1].bound >> 1 >> (31u - shift) << 1;
    }
    if (__builtin_expect(bound != 0, 1))
        return 1u + bits_leading_zeros(bound);
    return (tile->used << shift | tile[-1].used >> 1 >> (31u - shift)) & ~BITS_FIRST;
}

#endif
