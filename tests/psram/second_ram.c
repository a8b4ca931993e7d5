/* A board's second RAM as a private heap and as a region: all of it where the index reaches so far, else as much as
 * it reaches, and the rest is counted.
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

/* Bytes of a range of `size` that a heap can have. */
static size_t reached(size_t size)
{
    size_t reach = 0x10000u * CAIRN_GRANULE;
    return CAIRN_INDEX_BITS == 32 || size < reach ? size : reach;
}

static void a_private_heap_is_served_as_far_as_the_index_reaches(void)
{
    for (size_t size = 512u << 10; size <= psram_size(); size *= 2) {
        struct cairn_heap *heap = cairn_init(__psram_start, size);
        struct cairn_stats stats;
        cairn_stats(heap, &stats);
        CHECK(stats.left_over == size - reached(size));
        CHECK(stats.size + stats.can_grow <= reached(size));
        CHECK(stats.size + stats.can_grow + CAIRN_GRANULE >= reached(size)); /* one may be lost to the map */
        char *p = launder(cairn_malloc(heap, stats.can_grow));
        CHECK(in_psram(p) && in_psram(p + stats.can_grow - 1));
        cairn_free(heap, p);
        CHECK(all_free(heap));
    }
}

static void it_is_added_as_far_as_the_index_reaches(void)
{
    size_t size = psram_size();
    CHECK(size == 16u << 20);
    CHECK(cairn_add_region(__psram_start, size, CAIRN_EXTERNAL) == CAIRN_REGION_ADDED);
    struct cairn_stats stats;
    cairn_stats(cairn_region(0, NULL), &stats);
    tap_comment_number("bytes of the region that blocks can use:", stats.can_grow);
    size_t descriptor = 16; /* in front of the heap */
    CHECK(stats.used == 0 && stats.left_over == size - descriptor - reached(size - descriptor));
    CHECK(stats.can_grow + stats.control + CAIRN_GRANULE > reached(size - descriptor));
}

static void it_is_not_added_twice(void)
{
    CHECK(cairn_add_region(__psram_start, 1024, 0) == CAIRN_REGION_OVERLAPS);
    CHECK(cairn_add_region((char *)launder(__psram_end) - 1024, 1024, 0) ==
          CAIRN_REGION_OVERLAPS); /* what is left over, too */
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

TAP_MAIN(TEST(a_private_heap_is_served_as_far_as_the_index_reaches), TEST(it_is_added_as_far_as_the_index_reaches),
         TEST(it_is_not_added_twice), TEST(a_large_request_is_served_from_it), TEST(every_byte_of_it_can_be_used))
