/* check_step.c: a check of the heap in parts, each as short as an allocation, while the program goes on.
 *
 * What a part looks at holds at any moment at which the lock is free: a block and its two ends, its links
 * and the two blocks that they name, one word of the map, one bin. So a pass over the heap needs no
 * moment at which all of it must be still; if the block that was looked at last is gone, the pass goes on at
 * the next boundary.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"
#include "port.h"

/* Bits of granules i to end - 1, which lie in one tile, at their places in a word. */
static uint32_t range_mask(index_t i, index_t end)
{
    uint32_t mask = 0xffffffffu >> i % TILE_GRANULES;
    return end % TILE_GRANULES == 0 ? mask : mask & ~(0xffffffffu >> end % TILE_GRANULES);
}

/* Where the tile of granule i ends, or `end` if that comes first. */
static index_t tile_end(index_t i, index_t end)
{
    index_t next = i - i % TILE_GRANULES + TILE_GRANULES;
    return next < end ? next : end;
}

static bool is_empty(struct cairn_heap *heap, index_t i, index_t end)
{
    const struct tile *tile = map_tile(heap, i);
    return ((tile->bound | tile->used) & range_mask(i, end)) == 0;
}

/* ---- Parts: each returns the invariant that is broken, or 0 ------------------------------------- */

static int check_frame(struct cairn_heap *heap, struct cairn_place *place)
{
    index_t first = heap_blocks_begin(heap);
    if (!is_empty(heap, 0, first) || !map_is_live(heap, heap->top))
        return 1;
    if (!map_is_bound(heap, first))
        return 2;
    place->at = first;
    place->block = 0;
    return 0;
}

/* May a link of a block of this bin name granule i: the bin itself, or a free block? */
static bool is_in_ring(struct cairn_heap *heap, index_t i, index_t bin)
{
    return i == bin || (i < heap->top && map_is_free(heap, i));
}

/* The links of granule i, a bin or a block of it: they name what names it. Returns 0, or the invariant. */
static int check_links(struct cairn_heap *heap, index_t i, index_t bin)
{
    index_t next = heap_granule(heap, i)->next, prev = heap_granule(heap, i)->prev;
    if (!is_in_ring(heap, next, bin))
        return 7;
    if (heap_granule(heap, next)->prev != i || !is_in_ring(heap, prev, bin) || heap_granule(heap, prev)->next != i)
        return 8;
    return 0;
}

static int check_free(struct cairn_heap *heap, index_t i, index_t *end)
{
    const struct granule *first = heap_granule(heap, i);
    index_t size = first->size;
    if (size - 1u >= heap->top - i || first[size - 1u].tail != size || !map_is_bound(heap, i + size))
        return 5;
    if (!map_is_used(heap, i + size) || i + size == heap->top)
        return 6;
    *end = i + size;
    return check_links(heap, i, bin_of(size));
}

/* The block at granule i. Leaves in *end where it ends, 0 if only the next boundary tells (a reserved block);
 * and in *clear from where on its bits are all 0. */
static int check_block(struct cairn_heap *heap, index_t i, index_t *end, index_t *clear)
{
    *clear = i + 1u;
    if (!map_is_used(heap, i))
        return check_free(heap, i, end);
    index_t size = map_used_size(heap, i, heap->top);
    *end = size != 0 ? i + size : 0;
    if (size == 0 || size > MAP_SMALL)
        *clear = i + 1u + MAP_SMALL;
    if (size == 0)
        return *clear <= heap->top ? 0 : 3;
    return *end <= heap->top && map_is_bound(heap, *end) ? 0 : 3;
}

/* The first boundary from granule i up to `to`, in one tile; `to` if there is none. */
static index_t boundary(struct cairn_heap *heap, index_t i, index_t to)
{
    uint32_t bits = map_tile(heap, i)->bound & range_mask(i, to);
    return bits != 0 ? i - i % TILE_GRANULES + bits_leading_zeros(bits) : to;
}

/* One tile of the inside of the block that begins at place->block, if it still does. */
static int check_inside(struct cairn_heap *heap, struct cairn_place *place)
{
    index_t end, clear;
    int broken = check_block(heap, place->block, &end, &clear);
    if (broken != 0)
        return broken;
    if (place->at < clear)
        place->at = clear;
    index_t last = end != 0 ? end : heap->top;
    if (place->at < last) {
        index_t to = tile_end(place->at, last);
        if (end == 0 && boundary(heap, place->at, to) != to)
            to = last = boundary(heap, place->at, to);
        if (place->at < to && !is_empty(heap, place->at, to))
            return 4;
        place->at = to;
    }
    if (place->at >= last)
        place->block = 0;
    return 0;
}

/* Past the top there are no bits; then come the bins. */
static int check_above(struct cairn_heap *heap, struct cairn_place *place)
{
    index_t i = place->at > heap->top ? place->at : heap->top + 1u;
    index_t to = tile_end(i, heap->limit + 1u);
    place->at = to;
    return i > heap->limit || is_empty(heap, i, to) ? 0 : 1;
}

static int check_bin(struct cairn_heap *heap, struct cairn_place *place)
{
    index_t bin = place->at - heap->limit;
    index_t i = heap_granule(heap, bin)->next;
    if ((i != bin) != ((heap->nonempty & bin_bit(bin)) != 0))
        return 9;
    int broken = check_links(heap, bin, bin);
    if (broken != 0)
        return broken;
    index_t size = heap_granule(heap, i)->size;
    if (i != bin && bin_of(size) != bin)
        return 7;
    place->at++;
    if (bin + 1u < heap_blocks_begin(heap))
        return 0;
    place->at = 0;
    place->passes++;
    /* No bin is 0, and none follows. */
    return (heap->nonempty & BIN_FIRST) != 0 || heap->nonempty << bin << 1 != 0 ? 9 : 0;
}

/* The next part, with the lock held. */
static int check_part(struct cairn_heap *heap, struct cairn_place *place)
{
    if (heap->limit != heap->limit_again || heap->top > heap->limit) /* past the limit there is no map */
        return 1;
    if (place->at == 0)
        return check_frame(heap, place);
    if (place->at > heap->limit)
        return check_bin(heap, place);
    if (place->at >= heap->top)
        return check_above(heap, place);
    if (map_is_bound(heap, place->at))
        place->block = place->at;
    else if (!map_is_bound(heap, place->block))
        place->block = 0; /* gone, or none */
    if (place->block != 0)
        return check_inside(heap, place);
    place->at = boundary(heap, place->at, tile_end(place->at, heap->top));
    return 0;
}

int cairn_check_step(struct cairn_heap *heap, struct cairn_place *place, uint32_t parts)
{
    int broken = 0;
    while (parts-- != 0 && broken == 0) {
        uint32_t state = port_lock();
        broken = check_part(heap, place);
        port_unlock(state);
    }
    if (broken != 0) {
        place->fault = heap_pointer(heap, place->at <= heap->limit ? place->at : 0);
        place->at = 0;
    }
    return broken;
}
