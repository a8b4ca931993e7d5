/* pages.c: the memory of an arena: what the system is asked for as its heap grows, and what it gets back. See
 * arena.h and pages.h.
 *
 * SPDX-License-Identifier: MIT */
#include "pages.h"

#include "arena.h"
#include "mapped.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0 /* a kernel that does not know it takes the address as a hint */
#endif

#define GRANULES(bytes) ((index_t)((bytes) / CAIRN_GRANULE))

enum {
    STEP = 64 << 10,             /* bytes: `ready` rises by as much; the map grows by as much */
    AHEAD = GRANULES(256 << 10), /* what the system is asked for at a time, at least */
    SLACK = GRANULES(2 << 20),   /* a rise or fall of the bytes in use below this is not looked at, nor one below two
                                    of the largest blocks that are the arenas' */
    BIG = GRANULES(16 << 10),    /* the smallest free block whose pages are given back */
    CLEAN = 0x636c6561           /* says that they have been */
};

/* ---- Pages ----------------------------------------------------------------------------------- */

bool pages_map(char *from, const char *to, bool *taken)
{
    size_t size = (size_t)(to - from);
    char *p = mmap(from, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == from)
        return true;
    if (p != MAP_FAILED)
        munmap(p, size);
    *taken = p != MAP_FAILED || errno == EEXIST;
    return false;
}

bool pages_give_back(const void *from, const void *to)
{
    int saved = errno;
    char *first = pages_up(from);
    char *past = pages_down(to);
    bool done = first < past && madvise(first, (size_t)(past - first), MADV_DONTNEED) == 0;
    errno = saved;
    return done;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static index_t larger(index_t a, index_t b)
{
    return a > b ? a : b;
}

static index_t smaller(index_t a, index_t b)
{
    return a < b ? a : b;
}

/* The first granule at or above i that begins a page; the limit if there is none. */
static index_t page_index(const struct arena *arena, index_t i)
{
    struct cairn_heap *heap = arena->heap;
    if (heap->limit - i < GRANULES(pages_size()))
        return heap->limit;
    return heap_granule_index(heap, pages_up(heap_granule(heap, i)));
}

static void note_end(struct arena *arena)
{
    __atomic_store_n(&arena->at_end, true, __ATOMIC_RELAXED);
}

static bool map(struct arena *arena, char *from, const char *to)
{
    bool taken = false;
    bool mapped = pages_map(from, to, &taken);
    if (taken)
        note_end(arena);
    return mapped;
}

/* Open the map down to an address. Where it can be read, the pages are ours already. */
static bool open_map(struct arena *arena, char *from)
{
    if (arena->whole_map) {
        if (mprotect(from, (size_t)(arena->low - from), PROT_READ | PROT_WRITE) != 0)
            return false;
    } else if (!map(arena, from, arena->low)) {
        return false;
    }
    arena->low = from;
    return true;
}

/* Open all below granule i, which begins a page or is the limit, and the map of it: for as much as `step` bytes
 * more of that. */
static bool open_up_to(struct arena *arena, index_t i, size_t step)
{
    struct cairn_heap *heap = arena->heap;
    char *from = pages_down(map_tile(heap, i));
    char *start = pages_down(map_tile(heap, heap->limit));
    char *to = pages_up(heap_granule(heap, i));
    if (from < arena->low) {
        from = (size_t)(from - start) > step ? from - step : start;
        if (!open_map(arena, from))
            return false;
    }
    if (to > arena->high && !map(arena, arena->high, to))
        return false;
    arena->high = to;
    arena->open = i;
    return true;
}

/* Ask for a good deal more than is needed; if that is refused, for what is needed. */
static bool open_for(struct arena *arena, index_t need)
{
    struct cairn_heap *heap = arena->heap;
    if (need <= arena->open)
        return true;
    index_t ahead = larger(heap->top / 16u, AHEAD);
    index_t much = heap->limit - need < ahead ? heap->limit : page_index(arena, need + ahead);
    int saved = errno;
    bool opened = open_up_to(arena, much, STEP) || open_up_to(arena, page_index(arena, need), 0);
    errno = saved;
    arena->refused = !opened;
    return opened;
}

/* ---- Giving back ----------------------------------------------------------------------------- */

/* What is above the top and `keep` granules, and the map of it. */
static bool trim(struct arena *arena, index_t keep)
{
    struct cairn_heap *heap = arena->heap;
    index_t i = page_index(arena, heap->limit - heap->top < keep ? heap->limit : heap->top + keep);
    if (arena_is_small() || i >= arena->open ||
        munmap(heap_granule(heap, i), (size_t)(arena->high - (char *)heap_granule(heap, i))) != 0)
        return false;
    pages_give_back(map_tile(heap, arena->ready), map_tile(heap, i));
    bool any = i < arena->ready;
    arena->high = heap_pointer(heap, i);
    arena->open = i;
    arena->ready = smaller(arena->ready, i);
    arena->tidied = smaller(arena->tidied, i);
    return any;
}

/* The pages of a free block, except for the granules at its ends and one more: that says that they have been given
 * back. A block taken and freed since may still say so: then its pages stay for the time being. */
static bool give_back_block(struct cairn_heap *heap, index_t i, index_t size)
{
    struct granule *first = heap_granule(heap, i);
    link_t clean = (link_t)(size ^ CLEAN);
    if (first[1].size == clean)
        return false;
    first[1].size = clean;
    return pages_give_back(first + 2, first + size - 1);
}

/* The pages of free blocks of `least` granules or more, the larger ones first; when `most` granules have been given
 * back, no more. Returns how many have. */
static size_t purge(struct cairn_heap *heap, index_t least, size_t most)
{
    size_t given = 0;
    for (uint32_t bin = bin_of(heap->limit); bin >= bin_of(least); bin--)
        for (index_t i = heap_granule(heap, bin)->next; i != bin && given < most; i = heap_granule(heap, i)->next) {
            index_t size = heap_free_size(heap, i);
            if (give_back_block(heap, i, size))
                given += size;
        }
    return given;
}

bool arena_trim(struct arena *arena, size_t pad)
{
    index_t limit = arena->heap->limit;
    index_t keep = pad / CAIRN_GRANULE < limit ? GRANULES(pad) : limit;
    bool any = purge(arena->heap, GRANULES(3 * pages_size()), SIZE_MAX) != 0;
    return trim(arena, keep) || any;
}

/* ---- Following the heap ---------------------------------------------------------------------- */

void arena_tidy(struct arena *arena)
{
    const struct cairn_heap *heap = arena->heap;
    int saved = errno;
    if (heap->used < arena->low_used) {
        purge(arena->heap, BIG, SIZE_MAX);
        trim(arena, AHEAD);
    }
    index_t slack = larger(heap->used / 4u, larger(SLACK, GRANULES(2 * mapped_least())));
    arena->low_used = heap->used > slack ? heap->used - slack : 0;
    arena->width = heap->used + slack - arena->low_used;
    errno = saved;
}

bool arena_open(struct arena *arena, index_t n)
{
    struct cairn_heap *heap = arena->heap;
    if (n <= arena->ready - heap->top)
        return true;
    if (n > heap->limit - heap->top) {
        if (heap->limit - heap->top < GRANULES(MAPPED_MOST))
            note_end(arena);
        return false;
    }
    index_t need = heap->top + n;
    if (!open_for(arena, need))
        return false;
    arena->ready = arena->open - need < GRANULES(STEP) ? arena->open : page_index(arena, need + GRANULES(STEP));
    /* A page for a page: as many as are new, of those that have become free below. */
    if (arena->ready - arena->tidied >= larger(heap->top / 16u, AHEAD)) {
        purge(heap, BIG, arena->ready - arena->tidied);
        arena->tidied = arena->ready;
    }
    return true;
}

void arena_fence(struct arena *arena)
{
    struct cairn_heap *heap = arena->heap;
    if (heap->limit != heap->limit_again)
        cairn_fatal(CAIRN_CORRUPT_CONTROL, &heap->limit);
    arena->limit = heap->limit;
    heap->limit = heap->limit_again = arena->ready;
}

void arena_unfence(struct arena *arena)
{
    arena->heap->limit = arena->heap->limit_again = arena->limit;
    arena->limit = 0;
}

/* From a free block, or from what is ready. */
static void *take_fenced(struct arena *arena, index_t n)
{
    arena_fence(arena);
    void *p = heap_take(arena->heap, n);
    arena_unfence(arena);
    return p;
}

/* While the system refuses, each request looks among the free blocks before it asks again. */
void *arena_take_slowly(struct arena *arena, index_t n)
{
    void *p = arena->refused ? take_fenced(arena, n) : NULL;
    if (p != NULL)
        return p;
    return arena_open(arena, n) ? heap_take(arena->heap, n) : take_fenced(arena, n);
}
