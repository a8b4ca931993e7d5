/* step.c: a check of the heap in parts, each as short as an allocation, while the program goes on.
 *
 * What a part looks at holds at any moment at which the lock is free: a block and its two ends, its links
 * and the two blocks that they name, one word of the map, one bin. So that a pass over the heap needs no
 * moment at which all of it stands still; where the block that was looked at last is gone, it goes on at
 * the next boundary.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"
#include "port.h"

/* The first granule that can be a block's. */
static index_t first_granule(const struct cairn_heap *heap)
{
    return heap_first_granule(heap->limit);
}

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
    index_t first = first_granule(heap);
    if (heap->top < first || heap->top > heap->limit || !is_empty(heap, 0, first) || !map_is_live(heap, heap->top))
        return 1;
    if (!map_is_bound(heap, first))
        return 2;
    place->at = first;
    place->block = 0;
    return 0;
}

/* Is i the index of a free block, with this neighbour in its list? */
static bool follows(struct cairn_heap *heap, index_t i, index_t prev)
{
    return i < heap->top && map_is_free(heap, i) && heap_granule(heap, i)->prev == prev;
}

static bool precedes(struct cairn_heap *heap, index_t i, index_t next)
{
    return i < heap->top && map_is_free(heap, i) && heap_granule(heap, i)->next == next;
}

static int check_free(struct cairn_heap *heap, index_t i, index_t *end)
{
    const struct granule *first = heap_granule(heap, i);
    index_t size = (index_t)first->check ^ first->next;
    if (size - 1u >= heap->top - i || first[size - 1u].tail != size || !map_is_bound(heap, i + size))
        return 5;
    if (!map_is_used(heap, i + size) || i + size == heap->top)
        return 6;
    if (first->next != 0 && !follows(heap, first->next, i))
        return 8;
    if (first->prev != 0 ? !precedes(heap, first->prev, i) : heap->bins[bin_of(size)] != i)
        return 7;
    *end = i + size;
    return 0;
}

/* The block at granule i. Leaves in *end where it ends, and in *clear from where on its bits are all 0. */
static int check_block(struct cairn_heap *heap, index_t i, index_t *end, index_t *clear)
{
    *clear = i + 1u;
    if (!map_is_used(heap, i))
        return check_free(heap, i, end);
    index_t size = map_used_size(heap, i);
    *end = i + size;
    if (size == 0) /* a reserved block: as long as the next boundary is far */
        *end = *clear = i + 1u + MAP_SMALL;
    else if (size > MAP_SMALL)
        *clear = i + 1u + MAP_SMALL;
    return *end <= heap->top && (size == 0 || map_is_bound(heap, *end)) ? 0 : 3;
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
    if (place->at < end) {
        index_t to = tile_end(place->at, end);
        if (!is_empty(heap, place->at, to))
            return 4;
        place->at = to;
    }
    if (place->at >= end)
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
    uint32_t bin = place->at - heap->limit - 1u;
    index_t i = heap->bins[bin];
    if ((i != 0) != ((heap->nonempty & BIN_FIRST >> bin) != 0))
        return 9;
    if (i != 0 && (i < first_granule(heap) || !follows(heap, i, 0)))
        return 7;
    index_t size = i != 0 ? (index_t)heap_granule(heap, i)->check ^ heap_granule(heap, i)->next : 0;
    if (i != 0 && (size == 0 || bin_of(size) != bin))
        return 7;
    place->at++;
    if (bin == bin_of(heap->limit)) {
        place->at = 0;
        place->passes++;
        return (heap->nonempty & ~(BIN_FIRST | (BIN_FIRST - (BIN_FIRST >> bin)))) != 0 ? 9 : 0;
    }
    return 0;
}

/* The next part, with the lock held. */
static int check_part(struct cairn_heap *heap, struct cairn_place *place)
{
    if (place->at == 0 || heap->top > heap->limit) /* past the limit there is no map */
        return check_frame(heap, place);
    if (place->at > heap->limit)
        return check_bin(heap, place);
    if (place->at >= heap->top)
        return check_above(heap, place);
    if (map_is_bound(heap, place->at))
        place->block = place->at;
    else if (place->block != 0 && !map_is_bound(heap, place->block))
        place->block = 0; /* gone */
    if (place->block != 0)
        return check_inside(heap, place);
    index_t to = tile_end(place->at, heap->top);
    uint32_t bits = map_tile(heap, place->at)->bound & range_mask(place->at, to);
    place->at = bits != 0 ? place->at - place->at % TILE_GRANULES + bits_leading_zeros(bits) : to;
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
