/* inspect.c: figures of a heap, its blocks one by one, and whether all is as it should be.
 *
 * The map alone says where blocks are, so all of this works on a heap whose blocks were
 * overwritten. Nothing read here is believed: no index leaves the heap, no list is followed further
 * than there are free blocks.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"
#include "private.h"

/* The first bound granule at or above i; `end` if there is none below it. */
static index_t next_bound(struct cairn_heap *heap, index_t i, index_t end)
{
    while (i < end) {
        uint32_t bits = map_tile(heap, i)->bound << i % TILE_GRANULES;
        if (bits != 0) {
            i += bits_leading_zeros(bits);
            return i < end ? i : end;
        }
        i += TILE_GRANULES - i % TILE_GRANULES;
    }
    return end;
}

/* One block, by the map: it ends where the next one begins. Size 0 means that none begins at i. */
struct block {
    index_t i, size;
    enum cairn_kind kind;
};

static struct block block_at(struct cairn_heap *heap, index_t i)
{
    struct block block = {.i = i, .size = next_bound(heap, i + 1u, heap->top) - i, .kind = CAIRN_FREE};
    if (map_is_used(heap, i))
        block.kind = map_used_size(heap, i, heap->top) != 0 ? CAIRN_USED : CAIRN_RESERVED;
    if (!map_is_bound(heap, i))
        block.size = 0;
    return block;
}

bool heap_walk(struct cairn_heap *heap, cairn_visit *visit, void *context)
{
    if (heap->limit != heap->limit_again || heap->top > heap->limit) /* where there is no map */
        return false;
    for (index_t i = heap_blocks_begin(heap); i < heap->top;) {
        struct block block = block_at(heap, i);
        if (block.size == 0)
            return false;
        if (!visit(context, heap_pointer(heap, i), (size_t)block.size * CAIRN_GRANULE, block.kind))
            return false;
        i += block.size;
    }
    return true;
}

size_t heap_used_bytes(struct cairn_heap *heap)
{
    return (size_t)heap->used * CAIRN_GRANULE;
}

size_t cairn_free_bytes(struct cairn_heap *heap)
{
    return (size_t)(heap->limit - heap_blocks_begin(heap) - heap->used) * CAIRN_GRANULE;
}

void heap_stats(struct cairn_heap *heap, struct cairn_stats *stats)
{
    index_t first = heap_blocks_begin(heap);
    /* What is above the top; or a block of the last bin that holds any, at its smallest. */
    index_t guaranteed = (index_t)heap->limit - heap->top;
    if (heap->nonempty != 0 && bin_floor(bin_last(heap->nonempty)) > guaranteed)
        guaranteed = bin_floor(bin_last(heap->nonempty));
    stats->control = (size_t)(heap_map_granules(heap->limit) + first) * CAIRN_GRANULE;
    stats->used = (size_t)heap->used * CAIRN_GRANULE;
    stats->free = (size_t)(heap->top - first - heap->used) * CAIRN_GRANULE;
    stats->size = stats->control + stats->used + stats->free;
    stats->can_grow = (size_t)(heap->limit - heap->top) * CAIRN_GRANULE;
    stats->guaranteed = (size_t)guaranteed * CAIRN_GRANULE;
    stats->left_over = heap_left_over(heap) * CAIRN_GRANULE;
}

/* ---- Invariants, numbered as in DESIGN.md --------------------------------------------------- */

struct check {
    struct cairn_heap *heap;
    index_t free_blocks, used;
    index_t where; /* the granule at fault */
};

static int broken(struct check *check, int invariant, index_t where)
{
    check->where = where;
    return invariant;
}

/* Bits from granule `from` up to, not including, `to`: is any set? */
static bool any_bit(struct cairn_heap *heap, index_t from, index_t to)
{
    for (index_t i = from; i < to; i++)
        if (((map_tile(heap, i)->bound | map_tile(heap, i)->used) & map_mask(i)) != 0)
            return true;
    return false;
}

static int check_frame(struct check *check)
{
    struct cairn_heap *heap = check->heap;
    if (heap->limit != heap->limit_again || heap->top > heap->limit)
        return broken(check, 1, 0);
    if (any_bit(heap, 0, heap_blocks_begin(heap)) || any_bit(heap, heap->top + 1u, heap->limit + 1u))
        return broken(check, 1, 0);
    if (!map_is_live(heap, heap->top)) /* nor is one of the control data, whose bits are 0 */
        return broken(check, 1, heap->top);
    return 0;
}

/* The bits inside a block: none, except those that hold a large used block's size. */
static int check_inside(struct check *check, const struct block *block)
{
    struct cairn_heap *heap = check->heap;
    index_t inside = block->i + 1u;
    if (block->kind == CAIRN_USED) {
        if (map_used_size(heap, block->i, heap->top) != block->size)
            return broken(check, 3, block->i);
        if (block->size > MAP_SMALL)
            inside += MAP_SMALL;
    }
    return any_bit(heap, inside, block->i + block->size) ? broken(check, 4, block->i) : 0;
}

static int check_free(struct check *check, const struct block *block)
{
    struct cairn_heap *heap = check->heap;
    const struct granule *first = heap_granule(heap, block->i);
    if (first->size != block->size || first[block->size - 1u].tail != block->size)
        return broken(check, 5, block->i);
    if (!map_is_used(heap, block->i + block->size) || block->i + block->size == heap->top)
        return broken(check, 6, block->i);
    check->free_blocks++;
    return 0;
}

static int check_blocks(struct check *check)
{
    struct cairn_heap *heap = check->heap;
    index_t i = heap_blocks_begin(heap);
    while (i < heap->top) {
        struct block block = block_at(heap, i);
        int result = block.size == 0 ? broken(check, 2, i) : check_inside(check, &block);
        if (result == 0 && block.kind == CAIRN_FREE)
            result = check_free(check, &block);
        if (result != 0)
            return result;
        if (block.kind != CAIRN_FREE)
            check->used += block.size;
        i += block.size;
    }
    return heap->used != check->used ? broken(check, 10, 0) : 0;
}

/* The ring of one bin. Takes its blocks off those that the map shows. */
static int check_ring(struct check *check, index_t bin)
{
    struct cairn_heap *heap = check->heap;
    index_t before = bin;
    index_t i = heap_granule(heap, bin)->next;
    for (; i != bin; i = heap_granule(heap, i)->next) {
        if (i >= heap->top || !map_is_free(heap, i) || check->free_blocks == 0)
            return broken(check, 7, before);
        if (bin_of(block_at(heap, i).size) != bin)
            return broken(check, 7, i);
        if (heap_granule(heap, i)->prev != before)
            return broken(check, 8, i);
        check->free_blocks--;
        before = i;
    }
    return heap_granule(heap, bin)->prev != before ? broken(check, 8, bin) : 0;
}

static int check_bins(struct check *check)
{
    struct cairn_heap *heap = check->heap;
    bin_set set = 0;
    for (index_t bin = 1; bin < heap_blocks_begin(heap); bin++) {
        int result = check_ring(check, bin);
        if (result != 0)
            return result;
        if (heap_granule(heap, bin)->next != bin)
            set |= bin_bit(bin);
    }
    if (check->free_blocks != 0)
        return broken(check, 7, 0);
    return set != heap->nonempty ? broken(check, 9, 0) : 0;
}

int heap_check(struct cairn_heap *heap, const void **where)
{
    struct check check = {.heap = heap};
    int result = check_frame(&check);
    if (result == 0)
        result = check_blocks(&check);
    if (result == 0)
        result = check_bins(&check);
    if (where != NULL)
        *where = result == 0 ? NULL : heap_pointer(heap, check.where);
    return result;
}

const char *cairn_reason_text(enum cairn_reason reason)
{
    switch (reason) {
    case CAIRN_NOT_A_BLOCK:
        return "not the start of a live block of this heap";
    case CAIRN_DOUBLE_FREE:
        return "this block is already free";
    case CAIRN_CORRUPT_SIZE:
        return "the size of a free block was overwritten";
    case CAIRN_CORRUPT_LINK:
        return "a link of a free block or of a bin, or what it names, was overwritten";
    case CAIRN_CORRUPT_CONTROL:
        return "the heap's control data was overwritten";
    case CAIRN_ABOVE_CEILING:
        return "an interrupt above the lock's ceiling used the heap";
    case CAIRN_OVERRUN:
        return "bytes behind a live block were overwritten";
    case CAIRN_WRITE_AFTER_FREE:
        return "bytes of free memory were overwritten";
    case CAIRN_NO_LOCK:
        return "the lock's ceiling is no priority that this chip has";
    case CAIRN_NO_HEAP:
        return "no heap is found: name __heap_start and __heap_limit when linking";
    }
    return "unknown reason";
}
