/* ranges.c: the heap that a range of any size holds: how far its map, its bins and its index let it go. What is
 * expected follows from what the parts need: the largest limit is one that fits, where the next one does not.
 *
 * SPDX-License-Identifier: MIT */
#include "words.h"

#include "core/heap.h"
#include "tap.h"

#include <string.h>
#include <sys/mman.h>

/* Granules that an index reaches; tiles are 8 bytes. */
static const uint64_t reach = CAIRN_INDEX_BITS == 16 ? 0x10000 : 0x7fffffff;
enum { TILE = 8 };

/* ---- Layout ---------------------------------------------------------------------------------- */

/* Granules that lie below the handle, where the limit is this one: a tile for every 32, except the first 32. */
static uint64_t below(uint64_t limit)
{
    return (limit / 32 * TILE + CAIRN_GRANULE - 1) / CAIRN_GRANULE;
}

/* Is the layout the best one for so many whole granules from `start` on? */
static bool is_best(const struct heap_layout *layout, uintptr_t start, uint64_t granules)
{
    uint64_t reached = granules < reach ? granules : reach, limit = layout->limit;
    uint64_t first = bin_by_doubling(limit) + 1;
    return limit + below(limit) <= reached && limit + 1 + below(limit + 1) > reached &&
           layout->left_over == granules - reached && layout->first == first &&
           (uintptr_t)layout->heap == start + below(limit) * CAIRN_GRANULE &&
           heap_control(layout->heap, layout->limit) == (word_t *)start;
}

/* Granules of the smallest heap: its control data, with the bins 1 to 5, and one for a block. */
enum { LEAST = 7 };

/* Ends are rounded inwards. A range that goes past the last address is refused. */
static bool is_laid_out(uintptr_t memory, uint64_t size)
{
    struct heap_layout layout;
    bool served = heap_lay_out(&layout, (void *)memory, (size_t)size);
    if (size > UINTPTR_MAX - memory)
        return !served;
    uintptr_t start = (memory + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE, end = memory + (uintptr_t)size;
    uint64_t granules = end < start ? 0 : (end - start) / CAIRN_GRANULE;
    return granules < LEAST ? !served : served && is_best(&layout, start, granules);
}

/* Where ranges begin: an address that loaders, emulators and sanitizers leave free, above the largest map. On 64 bits
 * ranges can be larger than a word counts, too. */
static const uintptr_t ram = UINTPTR_MAX > 0xffffffffu ? 0x40000000 : 0x10000000;

static bool each_size(bool (*check)(uint64_t size), uint32_t word)
{
#if UINTPTR_MAX > 0xffffffffu
    if (!check((uint64_t)word * CAIRN_GRANULE + word % CAIRN_GRANULE) || !check((uint64_t)word << 32 | word) ||
        !check(~(uint64_t)word))
        return false;
#endif
    return check(word);
}

static bool range_is_laid_out(uint64_t size)
{
    return is_laid_out(ram, size) && is_laid_out(ram + 1, size) && is_laid_out(ram + CAIRN_GRANULE - 1, size);
}

static bool word_is_laid_out(uint32_t word)
{
    return each_size(range_is_laid_out, word);
}

void every_range_has_the_largest_heap_that_its_map_allows(void)
{
    struct heap_layout layout;
    each_word(word_is_laid_out);
    CHECK(!heap_lay_out(&layout, NULL, 4096));
    for (uintptr_t past = 1; past <= 4 * CAIRN_GRANULE; past++)
        for (size_t size = 0; size <= past; size++)
            CHECK(!heap_lay_out(&layout, (void *)-past, size));
}

/* ---- The heap in it -------------------------------------------------------------------------- */

/* A page where every handle is, so that all that is touched lies in it: the bins, and the tiles of the first blocks. */
enum { PAGE = 4096, HANDLE = PAGE / 4 };
static char *page;

/* The heap's figures, and its first block: there is no room for as much again as there was. */
static bool is_begun(const struct heap_layout *layout)
{
    heap_write_control(layout, heap_map_granules(layout->limit), heap_control_granules(layout));
    struct cairn_heap *heap = heap_begin(layout);
    struct cairn_stats stats;
    index_t capacity = layout->limit - layout->first;
    cairn_stats(heap, &stats);
    bool good = (char *)heap == page + HANDLE && stats.left_over == layout->left_over * CAIRN_GRANULE &&
                stats.can_grow == (size_t)capacity * CAIRN_GRANULE && stats.guaranteed == stats.can_grow &&
                stats.control == (below(layout->limit) + layout->first) * CAIRN_GRANULE && stats.used == 0 &&
                stats.free == 0;
    void *p = heap_take(heap, 1);
    good = good && p == heap_pointer(heap, layout->first) && heap_take(heap, capacity) == NULL;
    heap_free(heap, p);
    cairn_stats(heap, &stats);
    return good && stats.used == 0 && stats.can_grow == (size_t)capacity * CAIRN_GRANULE;
}

/* What is left over is counted in two links: with an index of 16 bits, up to 32 GiB.
 *
 * The size alone decides how far above the range's start the handle is. */
static bool range_is_served(uint64_t size)
{
    struct heap_layout layout;
    if (CAIRN_INDEX_BITS == 16 && size / CAIRN_GRANULE > UINT32_MAX)
        return true;
    if (size > UINTPTR_MAX - ram || !heap_lay_out(&layout, (void *)ram, (size_t)size))
        return true; /* not laid out, as it should be */
    char *start = page + HANDLE - ((uintptr_t)layout.heap - ram);
    if (!heap_lay_out(&layout, start, (size_t)size))
        return false;
    bool good = is_begun(&layout);
    memset(page, 0, HANDLE + (size_t)layout.first * CAIRN_GRANULE);
    return good;
}

static bool word_is_served(uint32_t word)
{
    return each_size(range_is_served, word);
}

void every_range_is_served_and_what_is_left_of_it_counted(void)
{
    page = mmap((void *)ram, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (CHECK(page == (void *)ram))
        each_word(word_is_served);
}
