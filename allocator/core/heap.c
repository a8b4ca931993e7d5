/* heap.c: taking granules from a heap and giving them back. The algorithm and nothing else.
 *
 * SPDX-License-Identifier: MIT */
#define BITS_COUNTED_OFTEN
#include "heap.h"
#include "hooks.h"

/* Some steps are used here, where they are best inline, and elsewhere. heap.h declares them without `inline`, so that
 * these are their external definitions (C11, 6.7.4, 7), which may refer to static functions. Clang warns all the same. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wstatic-in-inline"
#endif

/* The compiler takes the value as it is: it neither narrows an index to 16 bits nor splits an address, which would cost
 * an instruction each time. */
#define OPAQUE(value) __asm("" : "+r"(value))

/* ---- Free blocks ---------------------------------------------------------------------------- */

static _Noreturn void heap_corrupt(struct cairn_heap *heap, enum cairn_reason reason, index_t i)
{
    cairn_fatal(reason, heap_granule(heap, i));
}

/* Granule i does not lead to one that names it: it is damaged itself, or if it is a bin, more likely what it names. */
static _Noreturn COLD __attribute__((noinline)) void heap_corrupt_ring(struct cairn_heap *heap, index_t i)
{
    index_t next = heap_granule(heap, i)->next;
    heap_corrupt(heap, CAIRN_CORRUPT_LINK, next < heap->top && !map_is_bound(heap, i) ? next : i);
}

/* The granule after i, in the ring that i is in or is the bin of. It must name i. Always inline: at -Os a call of it
 * would take up to 7 instructions more of malloc() on a Cortex-M3, and save 10 bytes. */
static inline __attribute__((always_inline)) index_t heap_next(struct cairn_heap *heap, index_t i)
{
    index_t next = heap_granule(heap, i)->next;
    if (next >= heap->top || heap_granule(heap, next)->prev != i)
        heap_corrupt_ring(heap, i);
    return next;
}

/* The first block of a bin that `nonempty` has. Where a bit of that is wrong, the bin may be no part of the heap. */
static inline index_t heap_first(struct cairn_heap *heap, index_t bin)
{
    if (bin >= heap->top)
        cairn_fatal(CAIRN_CORRUPT_CONTROL, &heap->nonempty);
    return heap_next(heap, bin);
}

/* Where a free block keeps its second size. */
static inline link_t *heap_tail(struct granule *first, index_t size)
{
    return (link_t *)(void *)(first + size) - 1;
}

static inline void heap_set_size(struct granule *first, index_t size)
{
    first->size = (link_t)size;
    OPAQUE(size);
    *heap_tail(first, size) = (link_t)size;
}

/* Size of the free block at i. Its two copies prove each other. */
inline index_t heap_free_size(struct cairn_heap *heap, index_t i)
{
    struct granule *first = heap_granule(heap, i);
    index_t size = first->size;
    if (size - 1u >= heap->top - i || *heap_tail(first, size) != size) /* 0, too, is past the top */
        heap_corrupt(heap, CAIRN_CORRUPT_SIZE, i);
    return size;
}

/* What is below i may be the last bytes of a live block, and say anything. They are believed only if the map has a
 * free block where they point, and that one's own size says that it ends at i. A free block ends there if and only
 * if all three agree. */
inline index_t heap_free_below(struct cairn_heap *heap, index_t i)
{
    index_t size = *heap_tail(heap_granule(heap, i), 0);
    index_t below = i - size;
    if (below >= i || !map_is_free(heap, below) || heap_granule(heap, below)->size != size)
        return 0;
    return below;
}

/* Put the free block of `size` granules at i first into its bin. */
static inline void heap_attach(struct cairn_heap *heap, index_t i, index_t size, index_t bin)
{
    struct granule *block = heap_granule(heap, i);
    index_t next = heap_granule(heap, bin)->next;
    if (next >= heap->top || heap_granule(heap, next)->prev != bin)
        heap_corrupt_ring(heap, bin);
    heap_granule(heap, bin)->next = (link_t)i;
    OPAQUE(i);
    heap_granule(heap, next)->prev = (link_t)i;
    block->next = (link_t)next;
    block->prev = (link_t)bin;
    heap_set_size(block, size);
    heap->nonempty |= bin_bit(bin);
}

/* Take the block at i out of its ring; `prev` is proven to name it. */
static inline void heap_detach_after(struct cairn_heap *heap, index_t prev, index_t i)
{
    index_t next = heap_granule(heap, i)->next;
    if (next >= heap->top || heap_granule(heap, next)->prev != i)
        heap_corrupt_ring(heap, i);
    heap_granule(heap, next)->prev = (link_t)prev;
    heap_granule(heap, prev)->next = (link_t)next;
    if (next == prev) /* the bin */
        heap->nonempty &= ~bin_bit(next);
}

static inline void heap_detach(struct cairn_heap *heap, index_t i)
{
    index_t prev = heap_granule(heap, i)->prev;
    if (prev >= heap->top || heap_granule(heap, prev)->next != i)
        heap_corrupt(heap, CAIRN_CORRUPT_LINK, i);
    heap_detach_after(heap, prev, i);
}

/* ---- The top -------------------------------------------------------------------------------- */

static inline index_t heap_limit(struct cairn_heap *heap)
{
    if (heap->limit != heap->limit_again)
        cairn_fatal(CAIRN_CORRUPT_CONTROL, &heap->limit);
    return heap->limit;
}

/* In the map the sentinel is what a used block of one granule is. So if it rises, it leaves such a block behind; and
 * it falls to where such a block begins. */
static inline void heap_set_top(struct cairn_heap *heap, index_t top)
{
    map_turn(heap, top > heap->top ? top : heap->top, 1, true);
    heap->top = (link_t)top;
}

/* ---- Taking --------------------------------------------------------------------------------- */

/* Where a free block is: in which bin, and after what in its ring. */
struct place {
    index_t bin, prev, i;
};

/* Find the free block to take n granules from: one of the first two in n's own bin, else the first one of the next
 * bin that holds any, where each is large enough. False if what is above the top serves better, or nothing does: that
 * counts as one more free block, so that a larger one is left whole. */
static inline bool heap_find(struct cairn_heap *heap, index_t n, struct place *at)
{
    index_t bin = bin_of(n);
    bin_set set = heap->nonempty << bin;
    at->bin = bin;
    at->prev = bin;
    if (set & BIN_FIRST) {
        at->i = heap_first(heap, bin);
        if (heap_granule(heap, at->i)->size >= n)
            return true;
        at->prev = at->i;
        at->i = heap_next(heap, at->i);
        if (heap_granule(heap, at->i)->size >= n) /* of the bin itself, it is 0 */
            return true;
        set ^= BIN_FIRST;
    }
    if (set == 0)
        return false;
    bin += bin_first(set);
    at->bin = bin;
    at->prev = bin;
    at->i = heap_first(heap, bin);
    index_t above = (index_t)heap->limit - heap->top;
    return above < n || above >= heap_granule(heap, at->i)->size;
}

/*     [ ----- free ----- ]    =>    [ free ][ block ]    the rest keeps its start, and if it can its place */
static inline index_t heap_take_from(struct cairn_heap *heap, const struct place *at, index_t n)
{
    index_t i = at->i;
    struct granule *block = heap_granule(heap, i);
    index_t size = block->size;
    if (size < n || size > heap->top - i || *heap_tail(block, size) != size)
        heap_corrupt(heap, CAIRN_CORRUPT_SIZE, i);
    index_t rest = size - n;
    index_t bin = bin_of(rest); /* 0 if nothing is left */
    if (bin == at->bin) {
        hook_before_tail(heap, i + rest - 1u);
        heap_set_size(block, rest);
    } else {
        heap_detach_after(heap, at->prev, i);
        if (bin != 0) {
            hook_before_tail(heap, i + rest - 1u);
            heap_attach(heap, i, rest, bin);
        }
    }
    i += rest;
    map_turn(heap, i, n, rest);
    return i;
}

void *heap_take(struct cairn_heap *heap, index_t n)
{
    struct place at;
    index_t i;
    if (heap_find(heap, n, &at)) {
        i = heap_take_from(heap, &at, n);
    } else {
        i = heap->top;
        index_t end = i + n;
        if (end > heap_limit(heap) || (CAIRN_INDEX_BITS == 32 && end < i)) /* 16 bits cannot wrap round in index_t */
            return NULL;
        heap_set_top(heap, end);
        map_grow(heap, i, n);
    }
    heap->used = (link_t)(heap->used + n);
    return heap_pointer(heap, i);
}

/* ---- Freeing -------------------------------------------------------------------------------- */

inline index_t heap_live_size(struct cairn_heap *heap, const void *p)
{
    index_t i = heap_offset_index((uintptr_t)p - (uintptr_t)heap);
    index_t size = 0;
    if (heap != NULL && i < heap->top && map_is_live(heap, i))
        size = map_used_size(heap, i, heap->top);
    if (size == 0 || i + size > heap->top)
        heap_misuse(heap, p);
    return size;
}

void heap_free(struct cairn_heap *heap, const void *p)
{
    index_t size = heap_live_size(heap, p);
    index_t i = heap_offset_index((uintptr_t)p - (uintptr_t)heap);
    index_t end = i + size;
    index_t below = heap_free_below(heap, i);
    map_turn(heap, i, size, below);
    heap->used = (link_t)(heap->used - size);
    if (below != 0) {
        i = below;
        heap_detach(heap, i);
    }
    if (end == heap->top) {
        map_turn(heap, i, 1, false); /* the sentinel is used */
        heap_set_top(heap, i);
        return;
    }
    if (!map_is_used(heap, end)) {
        index_t above = heap_free_size(heap, end);
        heap_detach(heap, end);
        map_turn_bound(heap, end);
        end += above;
    }
    heap_attach(heap, i, end - i, bin_of(end - i));
}

/* ---- Resizing ------------------------------------------------------------------------------- */

void heap_split(struct cairn_heap *heap, index_t i, index_t size, index_t n)
{
    map_turn(heap, i, size, false);
    map_turn(heap, i, n, false);
    map_turn(heap, i + n, size - n, true);
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

/*     [ below ][ block ][ above ]    =>    [ --- block --- ][ above ]     the top may be in place of `above`
 *                                    or    [ -------- block ------- ]     the caller cuts off what it does not need */
index_t heap_extend(struct cairn_heap *heap, index_t *at, index_t size, index_t n)
{
    index_t i = *at, end = i + size;
    index_t above = 0, below = 0;
    bool at_top = end == heap->top;
    if (at_top)
        above = heap_limit(heap) - end;
    else if (!map_is_used(heap, end))
        above = heap_free_size(heap, end);
    if (size + above < n) {
        index_t start = heap_free_below(heap, i);
        below = start == 0 ? 0 : i - start;
        if (below == 0 || below + size + above < n)
            return 0;
    }
    if (at_top) {
        above = below + size < n ? n - size - below : 0; /* no more than is needed */
        if (above != 0) {
            heap_set_top(heap, end + above);
            map_turn(heap, end, 1, true);
        }
    } else if (above != 0) {
        heap_detach(heap, end);
        map_turn_bound(heap, end);
    }
    map_turn(heap, i, size, below);
    if (below != 0) {
        i -= below;
        heap_detach(heap, i);
    }
    size += above + below;
    map_turn(heap, i, size, false);
    heap->used = (link_t)(heap->used + above + below);
    *at = i;
    return size;
}

/* A reserved block is a large one of size 0: only a large block's size is a number of its own. */
bool heap_reserve(struct cairn_heap *heap, index_t i, index_t end)
{
    if (end != i && end < i + MAP_SMALL + 1u)
        end = i + MAP_SMALL + 1u;
    if (end > heap_limit(heap))
        return false;
    heap->used = (link_t)(heap->used + end - heap->top);
    if (heap->top != i)
        heap_set_top(heap, i);
    if (end != i) {
        heap_set_top(heap, end);
        return true;
    }
    index_t below = heap_free_below(heap, i);
    if (below != 0) {
        heap_detach(heap, below);
        map_turn(heap, below, 1, false); /* as above, in heap_free() */
        heap_set_top(heap, below);
    }
    return true;
}

/* ---- Misuse --------------------------------------------------------------------------------- */

/* `p` lies in the block that begins at the first boundary at or below it. The loop has no bound: nothing comes after
 * it. */
_Noreturn void heap_misuse(struct cairn_heap *heap, const void *p)
{
    index_t i = (index_t)(((uintptr_t)p - (uintptr_t)heap) / CAIRN_GRANULE);
    enum cairn_reason reason = CAIRN_NOT_A_BLOCK;
    if (heap == NULL || i >= heap->top)
        i = 0;
    while (i != 0 && !map_is_bound(heap, i))
        i--;
    if (i != 0 && !map_is_used(heap, i))
        reason = CAIRN_DOUBLE_FREE;
    cairn_fatal(reason, p);
}
