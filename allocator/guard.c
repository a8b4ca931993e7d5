/* guard.c: what is kept with each block and in free memory, so that a write where none belongs is
 * found: at free() and realloc() one past a block's end, and when memory is given out one after free().
 *
 *    | as many bytes as were asked for | canary ... | owner, size |   next block
 *
 * The canary reaches from the block's end, as it was asked for, to the trailer: one byte at least. Free
 * memory is filled, all of it: but for the first granule of a free block, which holds its links, and
 * its last link's size; and so is what is above the top.
 *
 * SPDX-License-Identifier: MIT */
#include "layout.h"
#include "port.h"
#include "watch.h"

#include <string.h>

#if CAIRN_CHECK == 2 || CAIRN_SITES > 0

/* What the bytes are: no number that a program often writes. */
enum { FREE = GUARD_FILL & 0xff, NEW = 0xa5, CANARY = 0xc7 };

/* The last bytes of a block. */
struct trailer {
    const void *owner; /* who asked for it */
    size_t size;       /* bytes, as it was asked for */
};
enum { CANARY_MIN = GUARDED ? 1 : 0, KEPT = CANARY_MIN + sizeof(struct trailer), MOST_ADDED = KEPT + CAIRN_GRANULE };

/* The live block at `p` by the map, or misuse. */
struct extent {
    char *start, *end;
    index_t i, n;
};

static struct extent extent_of(struct cairn_heap *heap, const void *p)
{
    struct extent block;
    block.i = heap_live_block(heap, p, &block.n);
    block.start = heap_pointer(heap, block.i);
    block.end = heap_pointer(heap, block.i + block.n);
    return block;
}

LAYOUT_OF(guard)
{
    LAYOUT("trailer.bytes", sizeof(struct trailer));
    LAYOUT("trailer.owner", offsetof(struct trailer, owner));
    LAYOUT("trailer.size", offsetof(struct trailer, size));
    LAYOUT("canary.min", CANARY_MIN);
    LAYOUT("canary", CANARY);
    LAYOUT("fill", FREE);
}

static struct trailer *trailer_of(const struct extent *block)
{
    return (struct trailer *)(void *)block->end - 1;
}

size_t guard_size(size_t size)
{
    return size <= HEAP_MAX_REQUEST - MOST_ADDED ? size + KEPT : SIZE_MAX;
}

/* Has the block room for `size` bytes and what is kept with them? */
static bool has_room(const struct extent *block, size_t size)
{
    size_t bytes = (size_t)(block->end - block->start);
    return bytes >= KEPT && size <= bytes - KEPT;
}

/* The first byte from `start` up to `end` that is not `byte`; `end` if all are. */
static char *first_other(char *start, char *end, unsigned char byte)
{
    while (start < end && (unsigned char)*start == byte)
        start++;
    return start;
}

/* It is free memory, or it has just been taken. */
static void inspect_fill(char *start, char *end)
{
    char *bad = first_other(start, end, FREE);
    if (bad < end)
        cairn_fatal(CAIRN_WRITE_AFTER_FREE, bad);
}

/* ---- Blocks in use --------------------------------------------------------------------------- */

static void mark(const struct extent *block, size_t size, const void *owner)
{
    if (!has_room(block, size)) /* the map is not as it was */
        cairn_fatal(CAIRN_NOT_A_BLOCK, block->start);
    struct trailer *trailer = trailer_of(block);
    memset(block->start + size, CANARY, (size_t)((char *)trailer - (block->start + size)));
    *trailer = (struct trailer){.owner = owner, .size = size};
}

/* The first byte behind the block's own, or its trailer, that is not what was written there; NULL if all is. */
static const char *overrun_of(const struct extent *block)
{
    if (!has_room(block, 0)) /* the map is not as it was */
        return block->start;
    struct trailer *trailer = trailer_of(block);
    if (!has_room(block, trailer->size))
        return (char *)trailer;
    char *bad = first_other(block->start + trailer->size, (char *)trailer, CANARY);
    return GUARDED && bad < (char *)trailer ? bad : NULL;
}

void guard_inspect(struct cairn_heap *heap, const void *p, size_t *size, const void **owner)
{
    struct extent block = extent_of(heap, p);
    const char *bad = overrun_of(&block);
    if (bad != NULL)
        cairn_fatal(CAIRN_OVERRUN, bad);
    *size = trailer_of(&block)->size;
    *owner = trailer_of(&block)->owner;
}

void guard_resize(struct cairn_heap *heap, void *p, size_t size, const void *owner)
{
    struct extent block = extent_of(heap, p);
    mark(&block, size, owner);
}

void guard_begin(struct cairn_heap *heap, void *p, size_t size, const void *owner)
{
    struct extent block = extent_of(heap, p);
    if (GUARDED)
        inspect_fill(block.start, block.end);
    mark(&block, size, owner);
    if (GUARDED)
        memset(p, NEW, size);
}

#endif

#if CAIRN_CHECK == 2

/* ---- Free memory ----------------------------------------------------------------------------- */

void guard_fill(void *p, size_t size)
{
    memset(p, FREE, size);
}

/* No free block was where the top is now. Of another, what is left begins where this one ends; or nothing is. */
void guard_open(struct cairn_heap *heap, void *p)
{
    struct extent block = extent_of(heap, p);
    index_t end = block.i + block.n;
    if (end == heap->top)
        return;
    guard_fill(p, offsetof(struct granule, tail));
    if (!map_is_free(heap, end))
        guard_fill(block.end - sizeof(link_t), sizeof(link_t));
}

void guard_hand_out(void *p, size_t size)
{
    inspect_fill(p, (char *)p + size);
}

/* Where all of a reserved block is the heap's again, so is a free block below it: what that kept. */
void guard_take_back(struct cairn_heap *heap, char *p, size_t size)
{
    char *top = heap_pointer(heap, heap->top);
    guard_fill(p, size);
    if (top < p) {
        guard_fill(p - sizeof(link_t), sizeof(link_t));
        guard_fill(top, CAIRN_GRANULE);
    }
}

void guard_inspect_free(struct cairn_heap *heap, index_t i, index_t size)
{
    char *start = heap_pointer(heap, i);
    inspect_fill(start, start + (size > 1 ? CAIRN_GRANULE : offsetof(struct granule, tail)));
}

void guard_fill_heap(struct cairn_heap *heap)
{
    guard_fill(heap_pointer(heap, heap->top), (size_t)(heap->limit - heap->top) * CAIRN_GRANULE);
}

void guard_describe(const void *end, struct cairn_block *block)
{
    const struct trailer *trailer = (const struct trailer *)end - 1;
    if (block->size >= KEPT && trailer->size <= block->size - KEPT) {
        block->size = trailer->size;
        block->owner = trailer->owner;
    }
}

void guard_close(struct cairn_heap *heap, void *p, const void *caller)
{
    struct extent block = extent_of(heap, p);
    const struct trailer *trailer = trailer_of(&block);
    explain_note_free(p, trailer->size, trailer->owner, caller);
    guard_fill(p, (size_t)(block.end - block.start));
}

/* What the free blocks that it merges with kept where no free block begins or ends any more is filled as
 * well: a granule above, or the one where the top is now, and a size below. */
void guard_release(struct cairn_heap *heap, void *p)
{
    struct extent block = extent_of(heap, p);
    bool above = block.i + block.n < heap->top && !map_is_used(heap, block.i + block.n);
    heap_free(heap, p);
    if (above)
        guard_fill(block.end, offsetof(struct granule, tail)); /* of one granule, that is still its tail */
    if (!map_is_bound(heap, block.i))
        guard_fill(block.start - sizeof(link_t), sizeof(link_t));
    if (heap->top < block.i)
        guard_fill(heap_pointer(heap, heap->top), CAIRN_GRANULE);
}

/* Cut the used block of `size` granules at i after the first n, and free the rest; or the first n. */
static void cut(struct cairn_heap *heap, index_t i, index_t size, index_t n, bool first)
{
    char *p = heap_pointer(heap, first ? i : i + n);
    guard_fill(p, (size_t)(first ? n : size - n) * CAIRN_GRANULE);
    uint32_t state = port_lock();
    heap_split(heap, i, size, n);
    guard_release(heap, p);
    port_unlock(state);
}

void guard_cut(struct cairn_heap *heap, void *p, index_t n)
{
    struct extent block = extent_of(heap, p);
    if (block.n > n)
        cut(heap, block.i, block.n, n, false);
}

void *guard_align(struct cairn_heap *heap, void *p, const struct heap_fit *fit)
{
    struct extent block = extent_of(heap, p);
    if (block.n < fit->have) /* the map is not as it was */
        cairn_fatal(CAIRN_NOT_A_BLOCK, p);
    inspect_fill(block.start, block.end);
    index_t gap = heap_gap(fit, p);
    if (block.n > gap + fit->n)
        cut(heap, block.i, block.n, gap + fit->n, false);
    if (gap != 0)
        cut(heap, block.i, gap + fit->n, gap, true);
    return block.start + (size_t)gap * CAIRN_GRANULE;
}

/* ---- All at once ------------------------------------------------------------------------------- */

/* The first byte that was written in memory that is filled; NULL if none was. */
static const char *write_in(char *start, char *end)
{
    char *bad = first_other(start, end, FREE);
    return bad < end ? bad : NULL;
}

/* I11 and I12 of one block; the first bad byte of the first one where they do not hold. */
struct finding {
    const char *bad;
    int invariant;
};

static bool look_at(void *context, void *p, size_t size, enum cairn_kind kind)
{
    struct finding *found = context;
    struct extent block = {.start = p, .end = (char *)p + size};
    found->invariant = kind == CAIRN_FREE ? 12 : 11;
    if (kind == CAIRN_USED)
        found->bad = overrun_of(&block);
    else if (kind == CAIRN_FREE)
        found->bad = write_in(block.start + offsetof(struct granule, tail), block.end - sizeof(link_t));
    return found->bad == NULL;
}

int guard_check(struct cairn_heap *heap, const void **where)
{
    struct finding found = {.bad = NULL};
    if (cairn_walk(heap, look_at, &found)) {
        found.invariant = 12;
        found.bad = write_in(heap_pointer(heap, heap->top), heap_pointer(heap, heap->limit));
    }
    if (where != NULL)
        *where = found.bad;
    return found.bad != NULL ? found.invariant : 0;
}

#endif
