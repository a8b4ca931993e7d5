/* sizes.c: what becomes of a request of any size: the arithmetic by itself, and then each function that
 * takes a size. A refused request leaves all as it was; a served one has the bytes that it asked for,
 * rounded up, and when it is freed all is as it was, too.
 *
 * On a machine of 64 bits each number is tried, and its complement, one of the largest sizes.
 *
 * SPDX-License-Identifier: MIT */
#include "prefix.h"

#include "words.h"

#include "core/heap.h"
#include "host_port.h"
#include "system/names.h"
#include "system/system.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

/* The largest request that is counted in granules. Of the 2^16 of them that an index of 16 bits reaches the map
 * takes more than 2^8; one of 32 bits reaches 2 GiB and 32 GiB (cairn_config.h). */
#if CAIRN_INDEX_BITS == 16
static const uint64_t largest = (uint64_t)0xff00 * CAIRN_GRANULE;
#elif UINTPTR_MAX > 0xffffffffu
static const uint64_t largest = (uint64_t)0x7fffffff * 16;
#else
static const uint64_t largest = 0x7fffffff;
#endif

/* Call with a size, and on 64 bits also with the size as far from the end. A product has twice the bits. */
#if SIZE_MAX > UINT32_MAX
#define BOTH(check, word) (check((size_t)(word)) && check(~(size_t)(word)))
__extension__ typedef unsigned __int128 product_t;
#else
#define BOTH(check, word) check(word)
typedef uint64_t product_t;
#endif

static uint64_t granules(size_t size)
{
    return size == 0 ? 1 : (uint64_t)size / CAIRN_GRANULE + (size % CAIRN_GRANULE != 0);
}

/* ---- Heaps ----------------------------------------------------------------------------------- */

enum { REGION = 0x4000, ALIGNMENT = 4 * CAIRN_GRANULE, PAGE = 4096 };

static _Alignas(PAGE) char region[REGION], as_it_was[REGION], private_region[REGION], private_as_it_was[REGION];
static struct cairn_heap *private_heap;
static size_t control, private_control; /* bytes */
static size_t capacity;                 /* granules above the one live block, in either heap */
static void *live, *private_live;       /* that block, of one granule */

static void begin(void)
{
    struct cairn_stats stats;
    memset(&cairn_system_state, 0, sizeof cairn_system_state);
    host_heap_start = region;
    host_heap_limit = region + REGION;
    live = malloc(1);
    cairn_stats(cairn_system(), &stats);
    control = stats.control;
    capacity = stats.can_grow / CAIRN_GRANULE;
    private_heap = cairn_init(private_region, REGION);
    private_live = cairn_malloc(private_heap, 1);
    cairn_stats(private_heap, &stats);
    private_control = stats.control;
    CHECK(live != NULL && private_live != NULL && capacity == stats.can_grow / CAIRN_GRANULE);
    memcpy(as_it_was, region, REGION);
    memcpy(private_as_it_was, private_region, REGION);
}

#define EVERY_SIZE(sentence, serves)         \
    static bool serves##_word(uint32_t word) \
    {                                        \
        return BOTH(serves, word);           \
    }                                        \
    void sentence(void)                      \
    {                                        \
        begin();                             \
        each_word(serves##_word);            \
    }

/* ---- By itself ------------------------------------------------------------------------------- */

/* Is there a bin for n granules, so that no set of bins is shifted further than it is wide? */
static bool has_a_bin(index_t n)
{
    return bin_of(n) < BIN_COUNT;
}

static bool becomes_granules(size_t size)
{
    if (size > largest)
        return heap_granules(size) == 0;
    return heap_granules(size) == granules(size) && has_a_bin(heap_granules(size));
}

static bool fits_with(size_t alignment, size_t size)
{
    struct heap_fit fit;
    if (!heap_fit_aligned(&fit, alignment, size))
        return size > largest || alignment > largest - size;
    uint64_t step = alignment > CAIRN_GRANULE ? alignment / CAIRN_GRANULE : 1;
    return size <= largest && alignment <= largest - size && fit.n == granules(size) && fit.step == step &&
           fit.have == granules(size) + step - 1 && has_a_bin(fit.have);
}

/* A size that is too large by itself is so with the least and with the largest alignment. */
static bool fits_aligned(size_t size)
{
    const size_t largest_alignment = SIZE_MAX / 2 + 1;
    if (size > largest)
        return fits_with(1, size) && fits_with(largest_alignment, size);
    for (size_t alignment = 1; alignment != 0; alignment *= 2)
        if (!fits_with(alignment, size))
            return false;
    return true;
}

EVERY_SIZE(every_size_becomes_its_granules_or_none, becomes_granules)
EVERY_SIZE(every_size_finds_room_for_each_alignment_or_none, fits_aligned)

/* ---- Each function --------------------------------------------------------------------------- */

/* Is the control data as it was: what is above the handle, and now and then the map as well? */
static bool unchanged(void)
{
    static uint32_t calls;
    bool map_too = ++calls % 1024 == 0;
    size_t from = map_too ? 0 : (size_t)((char *)cairn_system() - region);
    size_t private_from = map_too ? 0 : (size_t)((char *)private_heap - private_region);
    return memcmp(region + from, as_it_was + from, control - from) == 0 &&
           memcmp(private_region + private_from, private_as_it_was + private_from, private_control - private_from) == 0;
}

/* Is p what a request of `size` bytes must give, which needs so many granules? */
static bool is_right(void *p, size_t size, uint64_t need)
{
    if (need > capacity)
        return p == NULL && errno == ENOMEM && unchanged();
    if (p == NULL || malloc_usable_size(p) != granules(size) * CAIRN_GRANULE)
        return false;
    free(p);
    return unchanged();
}

static bool malloc_serves(size_t size)
{
    errno = 0;
    return is_right(malloc(size), size, granules(size));
}

static bool calloc_serves(size_t size)
{
    errno = 0;
    bool good = is_right(calloc(1, size), size, granules(size));
    return good && is_right(calloc(size, 1), size, granules(size));
}

/* The live block grows in place, into what is above the top; and comes back. */
static bool realloc_serves(size_t size)
{
    errno = 0;
    bool good = is_right(realloc(NULL, size), size, granules(size));
    void *p = realloc(live, size);
    if (granules(size) > capacity + 1)
        return good && p == NULL && errno == ENOMEM && unchanged();
    good = good && p == live && malloc_usable_size(p) == granules(size) * CAIRN_GRANULE;
    return good && realloc(live, 1) == live && unchanged();
}

static bool memalign_serves(size_t size)
{
    errno = 0;
    void *p = memalign(ALIGNMENT, size);
    return (uintptr_t)p % ALIGNMENT == 0 && is_right(p, size, granules(size) + ALIGNMENT / CAIRN_GRANULE - 1);
}

static bool pvalloc_serves(size_t size)
{
    size_t pages = size / PAGE + (size % PAGE != 0);
    errno = 0;
    void *p = pvalloc(size);
    /* A request that is rounded up past the end is no smaller than before. */
    size_t rounded = pages > SIZE_MAX / PAGE ? SIZE_MAX : pages * PAGE;
    return (uintptr_t)p % PAGE == 0 && is_right(p, rounded, granules(rounded) + PAGE / CAIRN_GRANULE - 1);
}

static bool private_serves(size_t size)
{
    size_t expected = granules(size) <= capacity ? (size_t)granules(size) * CAIRN_GRANULE : 0;
    void *p = cairn_malloc(private_heap, size);
    bool good = cairn_usable_size(private_heap, p) == expected; /* 0 for NULL */
    cairn_free(private_heap, p);
    p = cairn_aligned_alloc(private_heap, ALIGNMENT, size);
    good = good && (p != NULL) == (granules(size) + ALIGNMENT / CAIRN_GRANULE - 1 <= capacity);
    cairn_free(private_heap, p);
    p = cairn_realloc(private_heap, private_live, size);
    good = good && p == (granules(size) <= capacity + 1 ? private_live : NULL);
    if (p != NULL)
        cairn_realloc(private_heap, p, 1);
    return good && unchanged();
}

EVERY_SIZE(every_size_is_served_or_refused_by_malloc, malloc_serves)
EVERY_SIZE(every_size_is_served_or_refused_by_calloc, calloc_serves)
EVERY_SIZE(every_size_is_served_or_refused_by_realloc, realloc_serves)
EVERY_SIZE(every_size_is_served_or_refused_by_memalign, memalign_serves)
EVERY_SIZE(every_size_is_served_or_refused_by_pvalloc, pvalloc_serves)
EVERY_SIZE(every_size_is_served_or_refused_in_a_private_heap, private_serves)

/* ---- The break ------------------------------------------------------------------------------- */

/* Up by as much as there is room; never down, into what the heap holds. What has moved, moves back. */
static bool break_moves(size_t distance)
{
    char *top = (char *)live + CAIRN_GRANULE;
    ptrdiff_t increment = (ptrdiff_t)distance;
    errno = 0;
    void *old = sbrk(increment);
    if (increment < 0 || increment > region + REGION - top)
        return old == (void *)-1 && errno == ENOMEM && unchanged();
    return old == top && sbrk(0) == top + increment && sbrk(-increment) == top + increment && unchanged();
}

EVERY_SIZE(every_move_of_the_break_is_served_or_refused, break_moves)

/* ---- Products -------------------------------------------------------------------------------- */

static bool product_serves(size_t count, size_t size)
{
    product_t product = (product_t)count * size;
    uint64_t need = product > largest ? UINT64_MAX : granules((size_t)product);
    errno = 0;
    if (!is_right(calloc(count, size), (size_t)product, need))
        return false;
    errno = 0;
    return is_right(reallocarray(NULL, count, size), (size_t)product, need);
}

/* With each count, the first size whose product wraps round, and those on either side of what fits. */
static bool products_serve(size_t count)
{
    if (count == 0)
        return product_serves(0, SIZE_MAX) && product_serves(0, 0);
    size_t wraps = SIZE_MAX / count + 1, fits = capacity * CAIRN_GRANULE / count;
    return (wraps == 0 || product_serves(count, wraps)) && (fits == 0 || product_serves(count, fits)) &&
           product_serves(count, fits + 1);
}

EVERY_SIZE(no_product_wraps_round, products_serve)
