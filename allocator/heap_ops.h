/* heap_ops.h: taking a block and freeing one: the heart of the heap. Internal.
 *
 * Where speed counts, malloc() and free() are made of it; everybody else, and they too where size
 * counts (-Os), call the one copy that heap.c has.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_HEAP_OPS_H
#define CAIRN_HEAP_OPS_H

#include "heap.h"

#if defined(__OPTIMIZE_SIZE__) && !defined(HEAP_THE_COPY)
#define heap_free_inline heap_free
static inline bool heap_take_inline(struct cairn_heap *heap, index_t n, index_t *at)
{
    return (*at = heap_take(heap, n)) != 0;
}
#else

#ifdef HEAP_THE_COPY
#define HEAP_INLINE static
#else
#define HEAP_INLINE static inline __attribute__((always_inline))
#endif

/* A value that the compiler takes as it stands. Keeps an address whole that it would otherwise take
 * apart, and a number 32 bits wide that it would narrow, for more instructions in each case. */
#define AS_IT_IS(value) __asm("" : "+r"(value))

/* Where free memory is filled: a free block of `size` granules is about to begin at i, over the fill. */
#if CAIRN_CHECK == 2
void guard_inspect_free(struct cairn_heap *heap, index_t i, index_t size);
#define INSPECT_FREE(heap, i, size) guard_inspect_free(heap, i, size)
#else
#define INSPECT_FREE(heap, i, size) ((void)0)
#endif

/* What was read from memory above is read again below, in place of a register or stack slot kept for
 * it on the way to where most calls end. */
#define READ_AGAIN() __asm volatile("" ::: "memory")

/* The bin's head. */
static inline link_t *heap_bin(struct cairn_heap *heap, uint32_t bin)
{
    link_t *head = (link_t *)heap + bin;
    AS_IT_IS(head);
    return head + offsetof(struct cairn_heap, bins) / sizeof(link_t);
}

/* Where the free block of `size` granules at `first` keeps its second size. */
static inline link_t *heap_tail(struct granule *first, index_t size)
{
    struct granule *end = first + size;
    AS_IT_IS(end);
    return &end[-1].tail;
}

/* A block at the head of its list: `next` follows it, nothing comes before it. The two links are one
 * word where a link is half of one. */
static inline void heap_set_links(struct granule *first, index_t next)
{
#if CAIRN_INDEX_BITS == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    *(uint32_t __attribute__((may_alias)) *)first = next;
#else
    first->next = (link_t)next;
    first->prev = 0;
#endif
}

/* ---- Free blocks ---------------------------------------------------------------------------- */

/* What the free block at i says that its size is. */
HEAP_INLINE index_t heap_claimed_size(struct cairn_heap *heap, index_t i)
{
    const struct granule *first = heap_granule(heap, i);
    return (index_t)first->check ^ first->next;
}

/* Size of the free block at i. Its two copies and the forward link prove each other: a write to any
 * of them is noticed, unless link and check are overwritten by what happens to differ by the size, as
 * 1 and 2 do by 3. So the link still has to be proven by itself before it is followed. */
HEAP_INLINE index_t heap_free_size(struct cairn_heap *heap, index_t i)
{
    struct granule *first = heap_granule(heap, i);
    index_t size = heap_claimed_size(heap, i);
    if (size - 1u >= heap->top - i || *heap_tail(first, size) != size)
        cairn_fatal(CAIRN_CORRUPT_SIZE, first);
    return size;
}

/* Size of the free block that ends below i; 0 if a used one does.
 *
 * What stands below i may be the last bytes of a live block, and say anything. They are believed
 * only if the map has a free block where they point, and its other size, which has its own proof,
 * says that it ends at i. A free block ends there if and only if all three agree. Granule i itself
 * is not free. */
HEAP_INLINE index_t heap_free_size_below(struct cairn_heap *heap, index_t i)
{
    index_t size = heap_granule(heap, i)[-1].tail;
    if (size - 1u >= i - 1u || !map_is_free(heap, i - size))
        return 0;
    return heap_claimed_size(heap, i - size) == size ? size : 0;
}

/* Prove the forward link of the free block at i, which is not 0: the block that it names must name
 * this one. */
HEAP_INLINE void heap_prove_next(struct cairn_heap *heap, index_t i, index_t next)
{
    if (next >= heap->top || heap_granule(heap, next)->prev != i)
        cairn_fatal(CAIRN_CORRUPT_LINK, heap_granule(heap, i));
}

/* Put the free block of `size` granules at i at the head of its bin. */
HEAP_INLINE void heap_link(struct cairn_heap *heap, index_t i, index_t size)
{
    struct granule *first = heap_granule(heap, i);
    link_t *bin = heap_bin(heap, bin_of(size));
    index_t next = *bin;
    index_t check = size ^ next;
    AS_IT_IS(check);
    heap_set_links(first, next);
    first->check = (link_t)check;
    *heap_tail(first, size) = (link_t)size;
    *bin = (link_t)i;
    AS_IT_IS(i);
    if (next != 0)
        heap_granule(heap, next)->prev = (link_t)i;
    else
        heap->nonempty |= BIN_FIRST >> bin_of(size);
}

/* Take the free block at i, of `size` granules, out of its bin. Each of its links is proven by the free
 * block that it names, which must name this one. */
HEAP_INLINE void heap_unlink(struct cairn_heap *heap, index_t i, index_t size)
{
    struct granule *first = heap_granule(heap, i);
    index_t next = first->next;
    index_t prev = first->prev;
    if (prev == 0) {
        link_t *bin = heap_bin(heap, bin_of(size));
        if (*bin != i)
            cairn_fatal(CAIRN_CORRUPT_LINK, first);
        *bin = (link_t)next;
        if (next == 0)
            heap->nonempty &= ~(BIN_FIRST >> bin_of(size));
    } else {
        struct granule *before = heap_granule(heap, prev);
        if (prev >= heap->top || !map_is_free(heap, prev) || before->next != i)
            cairn_fatal(CAIRN_CORRUPT_LINK, first);
        before->check ^= (link_t)(i ^ next);
        before->next = (link_t)next;
    }
    if (next != 0) {
        heap_prove_next(heap, i, next);
        heap_granule(heap, next)->prev = (link_t)prev;
    }
}

#if defined(__OPTIMIZE_SIZE__) || CAIRN_CHECK == 2
/* One way of unlinking serves all; and proves the backward link, too. */
#define heap_pop(heap, i, size, bin) heap_unlink(heap, i, size)
#define heap_unlink_second(heap, head, i, size) heap_unlink(heap, i, size)
#else
/* As heap_unlink(), for the block at i that is at the head of `bin`. */
HEAP_INLINE void heap_pop(struct cairn_heap *heap, index_t i, index_t size, uint32_t bin)
{
    (void)size;
    index_t next = heap_granule(heap, i)->next;
    *heap_bin(heap, bin) = (link_t)next;
    if (next != 0) {
        heap_prove_next(heap, i, next);
        heap_granule(heap, next)->prev = 0;
    } else {
        heap->nonempty &= ~(BIN_FIRST >> bin);
    }
}

/* As heap_unlink(), for the block at i that follows `head`, the head of its bin. */
HEAP_INLINE void heap_unlink_second(struct cairn_heap *heap, index_t head, index_t i, index_t size)
{
    (void)size;
    struct granule *before = heap_granule(heap, head);
    index_t next = heap_granule(heap, i)->next;
    before->check ^= (link_t)(i ^ next);
    before->next = (link_t)next;
    if (next != 0) {
        heap_prove_next(heap, i, next);
        heap_granule(heap, next)->prev = (link_t)head;
    }
}
#endif

/* ---- Taking --------------------------------------------------------------------------------- */

/* Take n granules. The first two blocks of n's own bin are looked at; then the next bin that holds
 * any, where each block is large enough; then what is above the top, which counts as one more free
 * block, so that a larger one is left whole for its sake. Of a first block that is passed by as too small
 * only the link is proven, by the second one, since nothing is done to it; unless it says 0 for its size,
 * as a pattern all over it does, or for the link.
 * Returns false, with the heap unchanged, if none is found; else the block's index in *at. */
HEAP_INLINE bool heap_take_inline(struct cairn_heap *heap, index_t n, index_t *at)
{
    uint32_t bin = bin_of(n);
    bin_set set = heap->nonempty << bin;
    index_t i, size;
    if (set & BIN_FIRST) {
        i = *heap_bin(heap, bin);
        index_t claimed = heap_claimed_size(heap, i);
        index_t second = heap_granule(heap, i)->next;
        if (claimed >= n || claimed == 0 || second == 0) {
            size = heap_free_size(heap, i);
            if (size >= n)
                goto pop;
        } else {
            heap_prove_next(heap, i, second);
            if (heap_claimed_size(heap, second) >= n) {
                if (!map_is_free(heap, second)) /* the link to it was not proven by the first one's size */
                    cairn_fatal(CAIRN_CORRUPT_LINK, heap_granule(heap, i));
                size = heap_free_size(heap, second);
                heap_unlink_second(heap, i, second, size);
                i = second;
                goto found;
            }
        }
        set ^= BIN_FIRST;
    }
    if (set == 0)
        return (*at = heap_take_top(heap, n)) != 0;
    bin += bin_first(set);
    i = *heap_bin(heap, bin);
    size = heap_free_size(heap, i);
    index_t above = (index_t)heap->limit - heap->top;
    if (above < size && above >= n)
        return (*at = heap_take_top(heap, n)) != 0;
pop:
    heap_pop(heap, i, size, bin);
found:
    *at = i;
    heap->used += n;
    map_turn_used(heap, i, n);
    if (size > n) {
        INSPECT_FREE(heap, i + n, size - n);
        map_set_bound(heap, i + n);
        heap_link(heap, i + n, size - n);
    }
    return true;
}

/* ---- Freeing -------------------------------------------------------------------------------- */

/* Turn the used bits of the live block at `p` off; anything else is misuse. Returns its index. */
HEAP_INLINE index_t heap_release(struct cairn_heap *heap, const void *p, index_t *size)
{
#ifdef __OPTIMIZE_SIZE__
    index_t i = heap_live_block(heap, p, size);
    map_turn_used(heap, i, *size);
#else
    index_t i = heap_offset_index((uintptr_t)p - (uintptr_t)heap);
    if (heap == NULL || i >= heap->top || !map_is_live(heap, i) || (*size = map_clear_used(heap, i)) == 0)
        heap_misuse(heap, p);
#endif
    return i;
}

/* Free the live block at `p`; anything else is misuse. A free block that would end at the top
 * leaves the heap instead: the top is lowered to its start. */
HEAP_INLINE void heap_free_inline(struct cairn_heap *heap, const void *p)
{
    index_t size;
    index_t i = heap_release(heap, p, &size);
    heap->used -= size;
    index_t end = i + size;
    index_t below = heap_free_size_below(heap, i);
    if (below != 0) {
        map_clear_bound(heap, i);
        i -= below;
        heap_unlink(heap, i, below);
    }
    READ_AGAIN();
    if (end >= heap->top) {
        if (end != heap->top) /* the map is not as it was */
            cairn_fatal(CAIRN_NOT_A_BLOCK, p);
        heap_move_top(heap, i);
        return;
    }
    if (!map_is_used(heap, end)) {
        map_clear_bound(heap, end);
        index_t above = heap_free_size(heap, end);
        heap_unlink(heap, end, above);
        end += above;
    }
    heap_link(heap, i, end - i);
}

#endif
#endif
