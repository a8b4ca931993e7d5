/* guard.c: what is kept with each block and in free memory, so that a write where none belongs is
 * found: at free() and realloc() one past a block's end, and when memory is given out one after free().
 *
 *    | as many bytes as were asked for | canary ... | owner, size |   next block
 *
 * The owner is sealed by the block's address, and erased when the block ends: a trailer that an earlier block has left,
 * and bytes of a program that look like one, prove no block. A block that is held in the quarantine keeps canary and
 * trailer, the size complemented; its bytes are filled.
 *
 * The canary reaches from the block's end, as it was asked for, to the trailer: from one byte to a granule. Free
 * memory is filled, all of it, except for the first granule of a free block, which holds its links, and
 * its last link's size; and so is what is above the top.
 *
 * Both hold whenever the lock is free: canary and trailer are written under the lock under which the block is
 * taken or resized, and filled under the one under which it is freed. That is O(1). The bytes between are looked
 * at, written and filled outside it, while they are the caller's.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/hooks.h"
#include "../core/layout.h"
#include "../core/private.h"
#include "port.h"

#include <limits.h>
#include <string.h>

#if CAIRN_CHECK == 2 || CAIRN_SITES > 0

/* What the bytes are: no number that a program often writes. */
enum { FREE = HEAP_FILL & 0xff, NEW = 0xa5, CANARY = 0xc7 };

/* The last bytes of a block. */
struct trailer {
    uintptr_t sealed; /* who asked for it */
    size_t size;      /* bytes, as it was asked for */
};
/* Bits that the block's address is shifted up by: half a word, so that no part of what is stored is like an index. */
#define SEAL (sizeof(uintptr_t) * CHAR_BIT / 2u)
enum { CANARY_MIN = GUARDED ? 1 : 0, KEPT = CANARY_MIN + sizeof(struct trailer), MOST_ADDED = KEPT + CAIRN_GRANULE };

/* A block by the map. */
struct extent {
    char *start, *end;
    index_t i, n;
};

static struct extent extent_at(struct cairn_heap *heap, index_t i, index_t n)
{
    return (struct extent){.start = heap_pointer(heap, i), .end = heap_pointer(heap, i + n), .i = i, .n = n};
}

/* The live block at `p`, or misuse. */
static struct extent extent_of(struct cairn_heap *heap, const void *p)
{
    uint32_t state = port_lock();
    index_t n = heap_live_size(heap, p);
    port_unlock(state);
    return extent_at(heap, heap_granule_index(heap, p), n);
}

LAYOUT_OF(guard)
{
    LAYOUT("trailer.bytes", sizeof(struct trailer));
    LAYOUT("trailer.owner", offsetof(struct trailer, sealed));
    LAYOUT("trailer.seal", SEAL);
    LAYOUT("trailer.size", offsetof(struct trailer, size));
    LAYOUT("canary.min", CANARY_MIN);
    LAYOUT("canary", CANARY);
    LAYOUT("fill", FREE);
}

static struct trailer *trailer_of(const struct extent *block)
{
    return (struct trailer *)(void *)block->end - 1;
}

/* The owner as the trailer has it, or the other way round: one EOR. A block that begins elsewhere makes an address far
 * from any code of it. */
static uintptr_t seal(const struct extent *block, uintptr_t owner)
{
    return owner ^ (uintptr_t)block->start << SEAL;
}

static const void *owner_of(const struct extent *block)
{
    return (const void *)seal(block, trailer_of(block)->sealed);
}

size_t guard_size(size_t size)
{
    return size <= HEAP_MAX_REQUEST - MOST_ADDED ? size + KEPT : SIZE_MAX;
}

/* Is it as large as a block for `size` bytes is, with what is kept with them? */
static bool fits(const struct extent *block, size_t size)
{
    return heap_granules(guard_size(size)) == block->n;
}

/* Is it as large as the smallest block? If not, the map is not as it was, and what is below its end is no trailer. */
static bool has_trailer(const struct extent *block)
{
    return block->n >= heap_granules(KEPT);
}

/* The lock is held when a fatal error is told. */
static _Noreturn void fatal(enum cairn_reason reason, const char *address)
{
    port_lock();
    cairn_fatal(reason, address);
}

/* The first byte from `start` up to `end` that is not `byte`; `end` if all are. */
static char *first_other(char *start, char *end, unsigned char byte)
{
    while (start < end && (unsigned char)*start == byte)
        start++;
    return start;
}

/* ---- Blocks in use --------------------------------------------------------------------------- */

/* With the lock held. Without a canary, which nothing then reads, this has a bound. */
static void mark(const struct extent *block, size_t size, const void *owner)
{
    struct trailer *trailer = trailer_of(block);
    if (GUARDED)
        memset(block->start + size, CANARY, (size_t)((char *)trailer - (block->start + size)));
    *trailer = (struct trailer){.sealed = seal(block, (uintptr_t)owner), .size = size};
}

/* The first byte behind the block's own, or its trailer, that is not what was written there; NULL if all is. */
static const char *overrun_of(const struct extent *block)
{
    if (!has_trailer(block))
        return block->start;
    struct trailer *trailer = trailer_of(block);
    if (!fits(block, trailer->size))
        return (char *)trailer;
    char *bad = first_other(block->start + trailer->size, (char *)trailer, CANARY);
    return GUARDED && bad < (char *)trailer ? bad : NULL;
}

/* The block does not end as a live one does: one that is in the quarantine was freed. */
static _Noreturn void fatal_end(const struct extent *block, const char *bad)
{
    if (quarantine_at(block->start) != NULL)
        fatal(CAIRN_DOUBLE_FREE, block->start);
    fatal(CAIRN_OVERRUN, bad);
}

void guard_inspect(struct cairn_heap *heap, const void *p, size_t *size, const void **owner)
{
    struct extent block = extent_of(heap, p);
    const char *bad = overrun_of(&block);
    if (bad != NULL)
        fatal_end(&block, bad);
    *size = trailer_of(&block)->size;
    *owner = owner_of(&block);
}

/* The block was taken or cut for `size` bytes; if it does not fit, the map is not as it was. */
static void prove_fits(const struct extent *block, size_t size)
{
    if (!fits(block, size))
        fatal(CAIRN_NOT_A_BLOCK, block->start);
}

void guard_resize(struct cairn_heap *heap, void *p, size_t size, const void *owner)
{
    struct extent block = extent_of(heap, p);
    prove_fits(&block, size);
    mark(&block, size, owner);
}

void guard_erase(const void *p, size_t bytes)
{
    struct trailer *trailer = (struct trailer *)((uintptr_t)p + bytes) - 1;
    trailer->sealed = 0;
}

#endif

#if CAIRN_CHECK == 2

#if CAIRN_QUARANTINE > 0
size_t guard_extent(size_t size)
{
    return (size_t)heap_granules(guard_size(size)) * CAIRN_GRANULE;
}
#endif

static struct extent extent_by_map(const void *from, const void *to)
{
    char *start = (char *)(uintptr_t)from, *end = (char *)(uintptr_t)to;
    return (struct extent){.start = start, .end = end, .n = (index_t)((size_t)(end - start) / CAIRN_GRANULE)};
}

/* Is it held, as its trailer says? No live block has such a size. */
static bool is_held(const struct extent *block)
{
    return CAIRN_QUARANTINE > 0 && has_trailer(block) && fits(block, ~trailer_of(block)->size);
}

/* ---- Free memory ----------------------------------------------------------------------------- */

/* It is free memory, or it has just been taken. */
static void inspect_fill(char *start, char *end)
{
    char *bad = first_other(start, end, FREE);
    if (bad < end)
        fatal(CAIRN_WRITE_AFTER_FREE, bad);
}

void guard_fill(void *p, size_t size)
{
    memset(p, FREE, size);
}

/* Bytes of a free block's first granule that hold its links and size. */
enum { LINKS = 3 * sizeof(link_t) };

/* What the free block kept is filled. A block that ends at the top came from above it, and held nothing. Any other is
 * the upper end of a free block, whose last size it has; or all of it, with the links, if what is below is not the
 * rest of that. */
static void open_block(struct cairn_heap *heap, const struct extent *block)
{
    if (block->i + block->n == heap->top)
        return;
    guard_fill(block->end - sizeof(link_t), sizeof(link_t));
    if (heap_free_below(heap, block->i) == 0)
        guard_fill(block->start, LINKS);
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

void hook_before_tail(struct cairn_heap *heap, index_t i)
{
    char *tail = (char *)&heap_granule(heap, i)->tail;
    inspect_fill(tail, tail + sizeof(link_t));
}

/* The trailer of the block, which was inspected; what it says is to be filled. */
static const struct trailer *believed(const struct extent *block)
{
    const struct trailer *trailer = trailer_of(block);
    if (!fits(block, trailer->size)) /* written since then */
        fatal(CAIRN_OVERRUN, (const char *)trailer);
    return trailer;
}

void guard_close(struct cairn_heap *heap, void *p, const void *caller)
{
    struct extent block = extent_of(heap, p);
    const struct trailer *trailer = believed(&block);
    const void *owner = account_caller(owner_of(&block));
    freed_note(&(struct freed){.start = p, .size = trailer->size, .owner = owner, .caller = caller});
    guard_fill(p, trailer->size);
}

/* Free the block, which is filled. What the free blocks that it merges with kept where no free block begins or ends
 * any more is filled as well: a granule above, or the one where the top is now, and a size below. */
static void release(struct cairn_heap *heap, const struct extent *block)
{
    index_t end = block->i + block->n;
    bool above = end < heap->top && !map_is_used(heap, end);
    heap_free(heap, block->start);
    if (above)
        guard_fill(block->end, LINKS);
    if (!map_is_bound(heap, block->i))
        guard_fill(block->start - sizeof(link_t), sizeof(link_t));
    if (heap->top < block->i)
        guard_fill(heap_pointer(heap, heap->top), CAIRN_GRANULE);
}

void guard_release(struct cairn_heap *heap, void *p)
{
    struct extent block = extent_of(heap, p);
    char *kept = block.start + believed(&block)->size;
    guard_fill(kept, (size_t)(block.end - kept));
    release(heap, &block);
}

/* ---- The quarantine --------------------------------------------------------------------------- */

#if CAIRN_QUARANTINE > 0

bool guard_is_held(const void *start, size_t size)
{
    struct extent block = extent_by_map(start, (const char *)start + size);
    return is_held(&block);
}

bool guard_hold(struct cairn_heap *heap, void *p, const void *caller, struct freed *leaving)
{
    struct extent block = extent_of(heap, p);
    size_t size = believed(&block)->size;
    struct freed held = {.start = p, .size = size, .owner = account_caller(owner_of(&block)), .caller = caller};
    *trailer_of(&block) = (struct trailer){.sealed = seal(&block, (uintptr_t)held.owner), .size = ~size};
    return quarantine_add(&held, leaving);
}

/* The first byte of a held block of `size` bytes that was written after free(); NULL if none was. */
static const char *write_in_held(const struct extent *block, size_t size)
{
    if (!fits(block, size)) /* the map is not as it was */
        return block->start;
    char *end = (char *)trailer_of(block);
    char *bad = first_other(block->start, block->start + size, FREE);
    if (bad == block->start + size)
        bad = first_other(bad, end, CANARY);
    return bad < end || !is_held(block) ? bad : NULL;
}

void guard_leave(struct cairn_heap *heap, const struct freed *leaving)
{
    struct extent block = extent_of(heap, leaving->start);
    const char *bad = write_in_held(&block, leaving->size);
    if (bad == NULL && (trailer_of(&block)->size != ~leaving->size || owner_of(&block) != leaving->owner))
        bad = (const char *)trailer_of(&block);
    if (bad != NULL)
        fatal(CAIRN_WRITE_AFTER_FREE, bad);
    uint32_t state = port_lock();
    guard_fill(block.start + leaving->size, (size_t)(block.end - block.start) - leaving->size);
    release(heap, &block);
    port_unlock(state);
}

#endif

/* ---- Cutting ---------------------------------------------------------------------------------- */

void guard_vacate(struct cairn_heap *heap, void *p, index_t n)
{
    struct extent block = extent_of(heap, p);
    size_t size = believed(&block)->size, kept = (size_t)n * CAIRN_GRANULE;
    if (size > kept)
        guard_fill(block.start + kept, size - kept);
}

void guard_cut(struct cairn_heap *heap, void *p, index_t n, size_t size, const void *owner)
{
    struct extent block = extent_of(heap, p);
    if (n < block.n) {
        struct extent rest = extent_at(heap, block.i + n, block.n - n);
        char *kept = block.start + believed(&block)->size;
        char *from = kept > rest.start ? kept : rest.start;
        guard_fill(from, (size_t)(rest.end - from));
        heap_split(heap, block.i, block.n, n);
        release(heap, &rest);
    }
    guard_resize(heap, p, size, owner);
}

/* Free what is left over of a block that was just taken: no byte of it that free blocks keep is written before it
 * was looked at. */
static void cut_off(struct cairn_heap *heap, index_t i, index_t size)
{
    struct extent rest = extent_at(heap, i, size);
    inspect_fill(rest.start, rest.start + LINKS);
    inspect_fill(rest.end - sizeof(link_t), rest.end);
    release(heap, &rest);
}

/* Keep the aligned part of the block, which was just taken and opened. */
static void align(struct cairn_heap *heap, struct extent *block, const struct heap_fit *fit)
{
    if (block->n < fit->have) /* the map is not as it was */
        fatal(CAIRN_NOT_A_BLOCK, block->start);
    index_t i = block->i, gap = heap_gap(fit, block->start);
    if (block->n > gap + fit->n) {
        heap_split(heap, i, block->n, gap + fit->n);
        cut_off(heap, i + gap + fit->n, block->n - gap - fit->n);
    }
    if (gap != 0) {
        heap_split(heap, i, gap + fit->n, gap);
        cut_off(heap, i, gap);
    }
    *block = extent_at(heap, i + gap, fit->n);
}

/* ---- Giving out ------------------------------------------------------------------------------- */

void *guard_take(struct cairn_heap *heap, void *p, const struct heap_fit *fit, size_t size, const void *owner)
{
    struct extent block = extent_of(heap, p);
    open_block(heap, &block);
    if (fit->step > 1)
        align(heap, &block, fit);
    prove_fits(&block, size);
    if (first_other(block.start + size, block.end, FREE) < block.end)
        inspect_fill(block.start, block.end);
    mark(&block, size, owner);
    return block.start;
}

void guard_begin(void *p, size_t size)
{
    inspect_fill(p, (char *)p + size);
    memset(p, NEW, size);
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

static void look_at_used(const struct extent *block, struct finding *found)
{
    found->bad = overrun_of(block);
#if CAIRN_QUARANTINE > 0
    const struct freed *held = NULL; /* looked for only if the trailer is neither a live block's nor a held one's */
    if (found->bad == NULL || (!is_held(block) && (held = quarantine_at(block->start)) == NULL))
        return;
    found->invariant = 12;
    found->bad = write_in_held(block, held != NULL ? held->size : ~trailer_of(block)->size);
#endif
}

static bool look_at(void *context, void *p, size_t size, enum cairn_kind kind)
{
    struct finding *found = context;
    struct extent block = {.start = p, .end = (char *)p + size, .n = (index_t)(size / CAIRN_GRANULE)};
    found->invariant = kind == CAIRN_FREE ? 12 : 11;
    if (kind == CAIRN_USED)
        look_at_used(&block, found);
    else if (kind == CAIRN_FREE)
        found->bad = write_in(block.start + LINKS, block.end - sizeof(link_t));
    return found->bad == NULL;
}

int guard_check(struct cairn_heap *heap, const void **where)
{
    struct finding found = {.bad = NULL};
    if (heap_walk(heap, look_at, &found)) {
        found.invariant = 12;
        found.bad = write_in(heap_pointer(heap, heap->top), heap_pointer(heap, heap->limit));
    }
    if (where != NULL)
        *where = found.bad;
    return found.bad != NULL ? found.invariant : 0;
}

/* ---- For explain.c ----------------------------------------------------------------------------- */

void guard_describe(struct cairn_block *block)
{
    struct extent extent = extent_by_map(block->start, (const char *)block->start + block->size);
    const struct trailer *trailer = trailer_of(&extent);
    bool held = is_held(&extent);
    if (held || (has_trailer(&extent) && fits(&extent, trailer->size))) {
        block->size = held ? ~trailer->size : trailer->size;
        block->owner = account_caller(owner_of(&extent));
        block->live = !held;
    }
}

bool guard_is_whole(const void *start, const void *end)
{
    struct extent block = extent_by_map(start, end);
    if (is_held(&block)) {
        const char *kept = block.start + ~trailer_of(&block)->size;
        return first_other((char *)(uintptr_t)kept, (char *)trailer_of(&block), CANARY) == (char *)trailer_of(&block);
    }
    return overrun_of(&block) == NULL;
}

/* The canary and the trailer. Where the trailer is spoiled, the canary's last byte is the only one that is known. */
static struct guard_ends ends_of_kept(const struct extent *block)
{
    if (!has_trailer(block))
        return (struct guard_ends){.low = true, .high = true};
    const struct trailer *trailer = trailer_of(block);
    bool spoiled = !fits(block, trailer->size);
    const char *first = spoiled ? (const char *)trailer - 1 : block->start + trailer->size;
    return (struct guard_ends){.low = (unsigned char)*first != CANARY, .high = spoiled};
}

/* Does free memory that ends here end as it should, in its size or in the fill? */
static bool ends_well(const struct extent *block)
{
    char *tail = block->end - sizeof(link_t);
    bool sized = ((const struct granule *)(const void *)block->end)[-1].tail == block->n;
    return (sized || first_other(tail, block->end, FREE) == block->end) &&
           (block->n == 1 || (unsigned char)tail[-1] == FREE);
}

struct guard_ends guard_ends(const struct cairn_report *report, const char *start, const char *end)
{
    const struct cairn_block *damaged = &report->damaged;
    struct extent block = extent_by_map(start, end);
    if (damaged->live && report->reason != CAIRN_WRITE_AFTER_FREE)
        return ends_of_kept(&block);
    struct guard_ends spoiled = {.low = true, .high = !ends_well(&block)};
    if (is_held(&block))
        spoiled.high = ((const unsigned char *)trailer_of(&block))[-1] != CANARY;
    if (damaged->live &&
        damaged->size - 1u < (size_t)(end - start) - 1u) /* given out, and its trailer is there already */
        spoiled.high = (unsigned char)start[damaged->size - 1u] != FREE;
    if (report->reason == CAIRN_WRITE_AFTER_FREE)
        spoiled.low = (size_t)((const char *)report->address - start) < CAIRN_GRANULE;
    else if (spoiled.high && block.n > 1) /* its size is; are its links? A run over these goes on */
        spoiled.low = (unsigned char)start[offsetof(struct granule, tail)] != FREE;
    return spoiled;
}

#endif
