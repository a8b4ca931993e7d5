/* The system heap over a region that is larger than a 16-bit index reaches: it is served up to there.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>

static size_t region_size(void)
{
    return (size_t)(port_heap_limit() - port_heap_start());
}

/* Bytes of the region that the heap can have, within a granule: its start need not be aligned. */
static size_t reached(void)
{
    size_t reach = 0x10000u * CAIRN_GRANULE;
    return CAIRN_INDEX_BITS == 32 || region_size() < reach ? region_size() : reach;
}

static void malloc_serves_as_much_as_the_index_reaches(void)
{
    void *p = launder(malloc(100));
    CHECK(p != NULL && region_size() >= 1u << 20);
    free(p);
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    tap_comment_number("bytes of the region:", region_size());
    tap_comment_number("bytes left over:", stats.left_over);
    CHECK(stats.size + stats.can_grow <= reached() && stats.size + stats.can_grow + 2 * CAIRN_GRANULE > reached());
    CHECK(stats.left_over + reached() <= region_size());
    CHECK(stats.left_over + reached() + 2 * CAIRN_GRANULE > region_size());
    char *all = launder(malloc(stats.can_grow));
    CHECK(all != NULL && all + stats.can_grow <= port_heap_limit());
    all[0] = 1;
    all[stats.can_grow - 1] = 2;
    errno = 0;
    CHECK(launder(malloc(1)) == NULL && errno == ENOMEM && sound(cairn_system()));
    free(all);
    CHECK(system_empty());
}

static void sbrk_gives_no_more_than_that(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    errno = 0;
    CHECK(sbrk((ptrdiff_t)stats.can_grow + CAIRN_GRANULE) == (void *)-1 && errno == ENOMEM);
    char *mine = sbrk((ptrdiff_t)stats.can_grow);
    CHECK(mine != (void *)-1 && sound(cairn_system()));
    CHECK(launder(malloc(1)) == NULL);
    CHECK(sbrk(-(ptrdiff_t)stats.can_grow) != (void *)-1 && system_empty());
}

TAP_MAIN(TEST(malloc_serves_as_much_as_the_index_reaches), TEST(sbrk_gives_no_more_than_that))
