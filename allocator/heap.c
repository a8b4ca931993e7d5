/* heap.c: taking granules from a heap and giving them back. The algorithm and nothing else.
 *
 * SPDX-License-Identifier: MIT */
#define HEAP_THE_COPY
#include "heap_ops.h"
#include "layout.h"

#if !BITS_HAVE_CLZ && CAIRN_INDEX_BITS == 16
#define TWICE(x) x, x
#define SIXTEEN(x) TWICE(TWICE(TWICE(TWICE(x))))
/* clang-format off */
const uint8_t bin_table[128] = {
    0, 0, 2, 3, 4, 4, 5, 5,
    TWICE(TWICE(6)), TWICE(TWICE(7)),
    TWICE(TWICE(TWICE(8))), TWICE(TWICE(TWICE(9))),
    SIXTEEN(10), SIXTEEN(11),
    SIXTEEN(12), SIXTEEN(12), SIXTEEN(13), SIXTEEN(13),
};
/* clang-format on */
#endif

index_t heap_take(struct cairn_heap *heap, index_t n)
{
    index_t i;
    return heap_take_inline(heap, n, &i) ? i : 0;
}

void heap_free(struct cairn_heap *heap, const void *p)
{
    heap_free_inline(heap, p);
}

/* ---- The top -------------------------------------------------------------------------------- */

void heap_move_top(struct cairn_heap *heap, index_t top)
{
    struct tile *tile = map_tile(heap, heap->top);
    uint32_t mask = map_mask(heap->top);
    tile->bound &= ~mask;
    tile->used &= ~mask;
    heap->top = (link_t)top;
    tile = map_tile(heap, top);
    mask = map_mask(top);
    tile->bound |= mask;
    tile->used |= mask;
}

index_t heap_take_top(struct cairn_heap *heap, index_t n)
{
    index_t i = heap->top, end = i + n;
    if (end > heap->limit || (CAIRN_INDEX_BITS == 32 && end < i)) /* 16 bits cannot wrap round in index_t */
        return 0;
    heap_move_top(heap, end);
    map_set_bound(heap, i);
    map_turn_used(heap, i, n);
    heap->used += n;
    return i;
}

bool heap_reserve(struct cairn_heap *heap, index_t i, index_t end)
{
    /* Only a large block's size is a number of its own, and so can be 0. */
    if (end != i && end < i + MAP_SMALL + 1u)
        end = i + MAP_SMALL + 1u;
    if (end > heap->limit)
        return false;
    heap->used += end - heap->top;
    heap_move_top(heap, end);
    if (end != i) {
        map_set_bound(heap, i);
        map_tile(heap, i)->used |= map_mask(i); /* it may be on: the block grows or shrinks */
        return true;
    }
    index_t below = heap_free_size_below(heap, i);
    if (below != 0) {
        heap_unlink(heap, i - below, below);
        heap_move_top(heap, i - below);
    }
    return true;
}

/* ---- Pointers from outside ------------------------------------------------------------------ */

/* Say what is wrong with `p`: the first boundary at or below it tells what it lies in. Not
 * bounded, as nothing comes after it. */
_Noreturn void heap_misuse(struct cairn_heap *heap, const void *p)
{
    uintptr_t offset = (uintptr_t)p - (uintptr_t)heap;
    index_t i = (index_t)(offset / CAIRN_GRANULE);
    if (heap == NULL || offset / CAIRN_GRANULE >= heap->top)
        cairn_fatal(CAIRN_NOT_A_BLOCK, p);
    while (i > 0 && !map_is_bound(heap, i))
        i--;
    cairn_fatal(map_is_free(heap, i) ? CAIRN_DOUBLE_FREE : CAIRN_NOT_A_BLOCK, p);
}

index_t heap_live_block(struct cairn_heap *heap, const void *p, index_t *size)
{
    index_t i = heap_offset_index((uintptr_t)p - (uintptr_t)heap);
    if (heap == NULL || i >= heap->top || !map_is_live(heap, i) ||
        (*size = map_used_size(heap, i)) - 1u >= heap->top - i)
        heap_misuse(heap, p);
    return i;
}

/* ---- Resizing ------------------------------------------------------------------------------- */

void heap_split(struct cairn_heap *heap, index_t i, index_t size, index_t n)
{
    map_turn_used(heap, i, size);
    map_turn_used(heap, i, n);
    map_set_bound(heap, i + n);
    map_turn_used(heap, i + n, size - n);
}

void heap_cut(struct cairn_heap *heap, index_t i, index_t size, index_t n)
{
    if (size == n)
        return;
    heap_split(heap, i, size, n);
    heap_free(heap, heap_pointer(heap, i + n));
}

bool heap_fit_aligned(struct heap_fit *fit, size_t alignment, size_t size)
{
    if (size > HEAP_MAX_REQUEST || alignment > HEAP_MAX_REQUEST - size)
        return false;
    fit->n = size == 0 ? 1u : (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    fit->step = alignment > CAIRN_GRANULE ? (index_t)(alignment / CAIRN_GRANULE) : 1u;
    fit->have = fit->n + fit->step - 1u;
    return true;
}

index_t heap_extend(struct cairn_heap *heap, index_t *at, index_t size, index_t n)
{
    index_t i = *at;
    index_t end = i + size;
    index_t above = 0, below = 0;
    bool at_top = end == heap->top;
    if (at_top)
        above = (index_t)heap->limit - end < n - size ? 0 : n - size;
    else if (!map_is_used(heap, end))
        above = heap_free_size(heap, end);
    if (size + above < n) {
        below = heap_free_size_below(heap, i);
        if (below == 0 || below + size + above < n)
            return 0;
    }
    map_turn_used(heap, i, size);
    if (at_top) {
        heap_move_top(heap, end + above);
    } else if (above != 0) {
        heap_unlink(heap, end, above);
        map_clear_bound(heap, end);
    }
    if (below != 0) {
        map_clear_bound(heap, i);
        i -= below;
        heap_unlink(heap, i, below);
    }
    size += above + below;
    heap->used += above + below;
    map_turn_used(heap, i, size);
    *at = i;
    return size;
}

/* ---- A new heap ----------------------------------------------------------------------------- */

bool heap_lay_out(struct heap_layout *layout, void *memory, size_t size)
{
    uintptr_t start = ((uintptr_t)memory + CAIRN_GRANULE - 1u) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
    uintptr_t end = ((uintptr_t)memory + size) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
    if (memory == NULL || (uintptr_t)memory + size < (uintptr_t)memory || end <= start)
        return false;
    if ((end - start) / CAIRN_GRANULE > HEAP_MAX_GRANULES)
        return false;

    /* A map of m bytes serves 4 * m granules above it. */
    index_t total = (index_t)((end - start) / CAIRN_GRANULE);
    layout->limit = total - (total + 4 * CAIRN_GRANULE) / (4 * CAIRN_GRANULE + 1);
    if (layout->limit == 0)
        return false;
    index_t map = heap_map_granules(layout->limit);
    layout->first = heap_first_granule(layout->limit);
    if (layout->first >= layout->limit)
        return false;
    layout->heap = (struct cairn_heap *)(start + map * CAIRN_GRANULE);
    layout->control = (uint32_t *)start;
    layout->words = (map + layout->first) * (CAIRN_GRANULE / sizeof(uint32_t));
    return true;
}

struct cairn_heap *heap_begin(const struct heap_layout *layout)
{
    layout->heap->limit = (link_t)layout->limit;
    heap_move_top(layout->heap, layout->first);
    return layout->heap;
}

/* ---- For the tools --------------------------------------------------------------------------- */

LAYOUT_OF(heap)
{
    LAYOUT("cairn.layout", 1);
    LAYOUT("pointer", sizeof(void *));
    LAYOUT("index.bits", CAIRN_INDEX_BITS);
    LAYOUT("granule", CAIRN_GRANULE);
    LAYOUT("bins", BIN_COUNT);
    LAYOUT("heap.tile0", offsetof(struct cairn_heap, tile0));
    LAYOUT("heap.nonempty", offsetof(struct cairn_heap, nonempty));
    LAYOUT("heap.used", offsetof(struct cairn_heap, used));
    LAYOUT("heap.top", offsetof(struct cairn_heap, top));
    LAYOUT("heap.limit", offsetof(struct cairn_heap, limit));
    LAYOUT("heap.bins", offsetof(struct cairn_heap, bins));
    LAYOUT("tile.size", sizeof(struct tile));
    LAYOUT("tile.bound", offsetof(struct tile, bound));
    LAYOUT("tile.used", offsetof(struct tile, used));
    LAYOUT("free.next", offsetof(struct granule, next));
    LAYOUT("free.prev", offsetof(struct granule, prev));
    LAYOUT("free.check", offsetof(struct granule, check));
    LAYOUT("free.tail", offsetof(struct granule, tail));
    LAYOUT("check", CAIRN_CHECK);
    LAYOUT("sites", CAIRN_SITES);
    LAYOUT("reason.size", sizeof(enum cairn_reason));
}
