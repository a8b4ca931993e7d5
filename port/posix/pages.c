/* pages.c: see pages.h.
 *
 * SPDX-License-Identifier: MIT */
#include "pages.h"

#include "heap.h"
#include "port.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Address space for the heap, in bytes: no more than a 32-bit index reaches. Only what is used of it is
 * memory. */
#ifndef CAIRN_POSIX_RESERVE
#define CAIRN_POSIX_RESERVE ((size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE)
#endif

_Static_assert(CAIRN_INDEX_BITS == 32 && UINTPTR_MAX > 0xffffffffu, "a process of 64 bits, and its index");

#define GRANULES(bytes) ((bytes) / CAIRN_GRANULE)

enum {
    MARGIN = GRANULES(PAGES_LARGE), /* the top stays as far below `open`: nobody takes more without asking */
    AHEAD = GRANULES(256 << 10),    /* what is opened at a time, at least: a page of the map */
    SLACK = GRANULES(2 << 20),      /* a rise or fall of the bytes in use below this is not looked at */
    BIG = GRANULES(16 << 10),       /* the smallest free block whose pages are given back */
    CLEAN = 0x636c6561,             /* says that they have been */
    OPEN_AT_ONCE = 2 << 20          /* bytes: a reservation up to this size */
};

struct pages pages_state = {.ask_from = PAGES_LARGE};

#define STATE pages_state

/* ---- The reservation ------------------------------------------------------------------------- */

static char *start, *limit;

size_t pages_size(void)
{
    return getauxval(AT_PAGESZ);
}

static char *page_up(const void *p)
{
    return (char *)(((uintptr_t)p + pages_size() - 1u) & ~(uintptr_t)(pages_size() - 1u));
}

static char *page_down(const void *p)
{
    return (char *)((uintptr_t)p & ~(uintptr_t)(pages_size() - 1u));
}

/* Open all below granule i, and the map of it. */
static bool open_up_to(struct cairn_heap *heap, index_t i)
{
    if (i <= STATE.open)
        return true;
    char *from = page_down(map_tile(heap, i));
    if (from < start)
        from = start;
    if (mprotect(from, (size_t)(page_up(heap_granule(heap, i)) - from), PROT_READ | PROT_WRITE) != 0)
        return false;
    STATE.open = i;
    return true;
}

/* Open where the heap will begin. All of the map can be read. */
static bool open_first(size_t size)
{
    struct heap_layout layout;
    if (size <= OPEN_AT_ONCE) { /* the break may be moved before the heap begins: nothing is known to be 0 */
        STATE.open = STATE.touched = HEAP_MAX_GRANULES;
        return mprotect(start, size, PROT_READ | PROT_WRITE) == 0;
    }
    return heap_lay_out(&layout, start, size) &&
           mprotect(start, (size_t)(page_down(layout.heap) - start), PROT_READ) == 0 &&
           open_up_to(layout.heap, layout.first + AHEAD + MARGIN);
}

/* Reserve as much as the system lets us have, and no more than half of what the process may have. */
static void reserve(void)
{
    int saved = errno;
    struct rlimit most;
    size_t size = CAIRN_POSIX_RESERVE;
    if (getrlimit(RLIMIT_AS, &most) == 0 && most.rlim_cur / 2 < size)
        size = (size_t)most.rlim_cur / 2;
    for (; start == NULL && (size &= ~(pages_size() - 1u)) != 0; size /= 2) {
        char *memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            continue;
        start = memory;
        limit = open_first(size) ? memory + size : memory;
    }
    errno = saved;
}

char *port_heap_start(void)
{
    if (start == NULL)
        reserve();
    return start;
}

char *port_heap_limit(void)
{
    if (start == NULL)
        reserve();
    return limit;
}

/* ---- Giving back ----------------------------------------------------------------------------- */

bool pages_give_back(const void *from, const void *to)
{
    int saved = errno;
    char *first = page_up(from);
    char *past = page_down(to);
    bool done = first < past && madvise(first, (size_t)(past - first), MADV_DONTNEED) == 0;
    errno = saved;
    return done;
}

/* What is above the top and `keep` granules, and the map of it. */
static bool trim(struct cairn_heap *heap, index_t keep)
{
    index_t i = heap->limit - heap->top < keep ? heap->limit : heap->top + keep;
    i = heap_granule_index(heap, page_up(heap_granule(heap, i)));
    if (i >= STATE.touched || STATE.touched > heap->limit)
        return false;
    pages_give_back(map_tile(heap, STATE.touched), map_tile(heap, i));
    if (!pages_give_back(heap_granule(heap, i), page_up(heap_granule(heap, STATE.touched))))
        return false;
    STATE.touched = STATE.tidied = i;
    return true;
}

/* The pages of a free block, but for the granules at its ends and one more: that says that they have been
 * given back. A block taken and freed since may still say so: then its pages stay for the time being. */
static bool give_back_block(struct cairn_heap *heap, index_t i, index_t size)
{
    struct granule *first = heap_granule(heap, i);
    link_t clean = (link_t)(size ^ CLEAN);
    if (first[1].size == clean)
        return false;
    first[1].size = clean;
    return pages_give_back(first + 2, first + size - 1);
}

/* The pages of free blocks of `least` granules or more, the larger ones first; when `most` granules have been
 * given back, no more. Returns how many have. */
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

bool pages_trim(size_t pad)
{
    struct cairn_heap *heap = cairn_system_state.heap;
    if (heap == NULL)
        return false;
    index_t keep = pad / CAIRN_GRANULE < heap->limit ? (index_t)(pad / CAIRN_GRANULE) : heap->limit;
    bool any = purge(heap, (index_t)GRANULES(3 * pages_size()), SIZE_MAX) != 0;
    return trim(heap, keep) || any;
}

/* ---- Following the heap ---------------------------------------------------------------------- */

static index_t larger(index_t a, index_t b)
{
    return a > b ? a : b;
}

/* Open MARGIN and `ahead` granules above the top; false if the system does not. */
static bool open_ahead(struct cairn_heap *heap, index_t ahead)
{
    bool last = heap->limit - heap->top < MARGIN + ahead;
    bool opened = open_up_to(heap, last ? heap->limit : heap->top + MARGIN + ahead);
    __atomic_store_n(&STATE.ask_from, opened ? PAGES_LARGE : 0, __ATOMIC_RELAXED);
    return opened;
}

/* The top has passed `touched`. */
static void rise(struct cairn_heap *heap)
{
    index_t step = larger(heap->top / 16u, AHEAD);
    if (heap->top + MARGIN > STATE.open)
        open_ahead(heap, step);
    index_t page = (index_t)GRANULES(pages_size());
    STATE.touched = heap->limit - heap->top < page ? heap->limit : heap->top + page;
    /* A page for a page: as many as are new, of those that have become free below. */
    if (STATE.touched - STATE.tidied >= step) {
        purge(heap, BIG, STATE.touched - STATE.tidied);
        STATE.tidied = STATE.touched;
    }
}

void pages_tidy(void)
{
    struct cairn_heap *heap = cairn_system_state.heap;
    int saved = errno;
    if (heap->top > STATE.touched) {
        rise(heap);
    } else if (heap->used < STATE.low) {
        purge(heap, BIG, SIZE_MAX);
        trim(heap, AHEAD);
    }
    index_t slack = larger(heap->used / 4u, SLACK);
    STATE.low = heap->used > slack ? heap->used - slack : 0;
    STATE.width = heap->used + slack - STATE.low;
    errno = saved;
}

/* Is there a free block, whose pages are open, that surely has n granules? */
static bool bins_have(const struct cairn_heap *heap, index_t n)
{
    return heap->nonempty << bin_of(n) << 1 != 0;
}

bool pages_ask(size_t size)
{
    index_t n = heap_granules(size);
    if (cairn_system() == NULL)
        system_start();
    struct cairn_heap *heap = cairn_system();
    if (n == 0 || heap == NULL)
        return false;
    uint32_t state = port_lock();
    bool room = bins_have(heap, n) || (n <= heap->limit - heap->top && open_ahead(heap, n));
    port_unlock(state);
    return room;
}
