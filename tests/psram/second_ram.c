/* A board's second RAM as a region: all of it where the index reaches so far, else as much as it
 * reaches.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>

extern char __psram_start[], __psram_end[]; /* memory.ld */

static size_t psram_size(void)
{
    return (size_t)(__psram_end - __psram_start);
}

static bool in_psram(const void *p)
{
    return (uintptr_t)p - (uintptr_t)__psram_start < psram_size();
}

static void it_is_added_as_far_as_the_index_reaches(void)
{
    size_t size = psram_size();
    CHECK(size == 16u << 20);
#if CAIRN_INDEX_BITS == 16
    CHECK(cairn_add_region(__psram_start, size, CAIRN_EXTERNAL) == CAIRN_REGION_TOO_LARGE);
    CHECK(cairn_add_region(__psram_start, (512u << 10) + 1024, CAIRN_EXTERNAL) == CAIRN_REGION_TOO_LARGE);
    CHECK(cairn_region(0, NULL) == NULL);
    size = 512u << 10;
#endif
    CHECK(cairn_add_region(__psram_start, size, CAIRN_EXTERNAL) == CAIRN_REGION_ADDED);
    struct cairn_stats stats;
    cairn_stats(cairn_region(0, NULL), &stats);
    tap_comment_number("bytes of the region that blocks can use:", stats.can_grow);
    CHECK(stats.used == 0 && stats.can_grow + stats.control + 32 >= size);
}

static void it_is_not_added_twice(void)
{
    CHECK(cairn_add_region(__psram_start, 1024, 0) == CAIRN_REGION_OVERLAPS);
    CHECK(cairn_region(1, NULL) == NULL);
}

static void a_large_request_is_served_from_it(void)
{
    size_t size = (size_t)(port_heap_limit() - port_heap_start());
    char *p = launder(malloc(size * 3 / 4)); /* in the system heap */
    char *q = launder(malloc(size * 3 / 4));
    CHECK(p != NULL && !in_psram(p) && in_psram(q));
    q[0] = 1;
    q[size * 3 / 4 - 1] = 2;
    CHECK(sound(cairn_region(0, NULL)));
    q = launder(realloc(q, size * 7 / 8));
    CHECK(in_psram(q) && q[0] == 1 && q[size * 3 / 4 - 1] == 2);
    free(p);
    free(q);
    CHECK(system_empty() && all_free(cairn_region(0, NULL)));
}

static void every_byte_of_it_can_be_used(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_region(0, NULL), &stats);
    char *p = launder(cairn_malloc_in(CAIRN_EXTERNAL, stats.can_grow));
    CHECK(in_psram(p) && in_psram(p + stats.can_grow - 1));
    for (size_t i = 0; i < stats.can_grow; i += 4096)
        p[i] = (char)(i >> 12);
    p[stats.can_grow - 1] = 1;
    errno = 0;
    CHECK(cairn_malloc_in(CAIRN_EXTERNAL, 1) == NULL && errno == ENOMEM);
    CHECK(cairn_check(cairn_region(0, NULL), NULL) == 0);
    free(p);
    CHECK(all_free(cairn_region(0, NULL)));
}

TAP_MAIN(TEST(it_is_added_as_far_as_the_index_reaches), TEST(it_is_not_added_twice),
         TEST(a_large_request_is_served_from_it), TEST(every_byte_of_it_can_be_used))
