/* A region that cannot be added: each has its error, and nothing changes.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <string.h>

enum { SIZE = 640 };
static _Alignas(64) char memory[SIZE + 64];

static uint32_t regions(void)
{
    uint32_t n = 0;
    while (cairn_region(n, NULL) != NULL)
        n++;
    return n;
}

/* Is this the answer, and are memory, regions and system heap as before? */
static bool refused(enum cairn_region_error error, void *start, size_t size)
{
    uint32_t before = regions();
    uint32_t bytes = hash(memory, sizeof memory);
    size_t left = room();
    bool as_expected = cairn_add_region(start, size, CAIRN_FAST) == error;
    return as_expected && regions() == before && hash(memory, sizeof memory) == bytes && room() == left;
}

static void null_is_out_of_range(void)
{
    CHECK(refused(CAIRN_REGION_OUT_OF_RANGE, NULL, SIZE));
}

static void a_range_past_the_address_space_is_out_of_range(void)
{
    uintptr_t last = (uintptr_t)0 - CAIRN_GRANULE;
    CHECK(refused(CAIRN_REGION_OUT_OF_RANGE, (void *)last, SIZE));
    CHECK(refused(CAIRN_REGION_OUT_OF_RANGE, memory, SIZE_MAX));
    CHECK(refused(CAIRN_REGION_OUT_OF_RANGE, memory, SIZE_MAX - (uintptr_t)memory + 1));
}

static void an_end_off_the_granules_is_unaligned(void)
{
    for (size_t off = 1; off < CAIRN_GRANULE; off++) {
        CHECK(refused(CAIRN_REGION_UNALIGNED, memory + off, SIZE));
        CHECK(refused(CAIRN_REGION_UNALIGNED, memory, SIZE - off));
    }
}

static void what_has_no_room_for_a_block_is_too_small(void)
{
    size_t size = 0;
    while (cairn_add_region(memory, size, 0) == CAIRN_REGION_TOO_SMALL) {
        CHECK(regions() == 0);
        size += CAIRN_GRANULE;
        if (!CHECK(size < SIZE))
            return;
    }
    CHECK(regions() == 1 && size > CAIRN_GRANULE);
    void *p = launder(cairn_malloc(cairn_region(0, NULL), 1));
    /* The smallest one that is not too small holds a block; but not what level 2 keeps with it. */
    CHECK((p != NULL) == (CAIRN_CHECK == 1));
    cairn_free(cairn_region(0, NULL), p);
}

/* Its descriptor would end past the end of the address space. */
static void no_memory_in_the_last_granule_is_too_small(void)
{
    CHECK(refused(CAIRN_REGION_TOO_SMALL, (void *)((uintptr_t)0 - CAIRN_GRANULE), 0));
}

static void a_range_that_overlaps_another_region_is_refused(void)
{
    char *start = memory; /* where what_has_no_room_for_a_block_is_too_small() has left one */
    CHECK(regions() == 1);
    CHECK(refused(CAIRN_REGION_OVERLAPS, start, SIZE));
    CHECK(refused(CAIRN_REGION_OVERLAPS, start + CAIRN_GRANULE, SIZE));
    size_t size = 0; /* of the region that is there: the first start past it is free */
    while (size < SIZE && refused(CAIRN_REGION_OVERLAPS, start + size, SIZE + 64 - size))
        size += CAIRN_GRANULE;
    CHECK(size > CAIRN_GRANULE && size < SIZE && regions() == 2);
}

static void a_range_that_overlaps_the_system_heap_is_refused(void)
{
    char *start = port_heap_start() + (-(uintptr_t)port_heap_start() & (CAIRN_GRANULE - 1));
    char *limit = (char *)((uintptr_t)port_heap_limit() & ~(uintptr_t)(CAIRN_GRANULE - 1));
    CHECK(refused(CAIRN_REGION_OVERLAPS, start, SIZE));
    CHECK(refused(CAIRN_REGION_OVERLAPS, limit - SIZE, SIZE));
    CHECK(refused(CAIRN_REGION_OVERLAPS, limit - CAIRN_GRANULE, SIZE));
    CHECK(refused(CAIRN_REGION_OVERLAPS, start + CAIRN_GRANULE - SIZE, SIZE));
}

/* On both sides of what is there, to the byte. */
static void ranges_that_touch_do_not_overlap(void)
{
    static _Alignas(64) char row[3 * SIZE];
    uint32_t before = regions();
    CHECK(cairn_add_region(row + SIZE, SIZE, 0) == CAIRN_REGION_ADDED);
    CHECK(refused(CAIRN_REGION_OVERLAPS, row + CAIRN_GRANULE, SIZE));
    CHECK(refused(CAIRN_REGION_OVERLAPS, row + 2 * SIZE - CAIRN_GRANULE, SIZE));
    CHECK(cairn_add_region(row, SIZE, 0) == CAIRN_REGION_ADDED);
    CHECK(cairn_add_region(row + 2 * SIZE, SIZE, 0) == CAIRN_REGION_ADDED);
    CHECK(regions() == before + 3);
}

static void each_error_has_a_text(void)
{
    for (int i = CAIRN_REGION_ADDED; i <= CAIRN_REGION_OVERLAPS; i++)
        for (int k = CAIRN_REGION_ADDED; k < i; k++)
            CHECK(strcmp(cairn_region_text((enum cairn_region_error)i),
                         cairn_region_text((enum cairn_region_error)k)) != 0);
}

static void a_number_that_is_no_error_has_a_text_too(void)
{
    const char *past = cairn_region_text((enum cairn_region_error)(CAIRN_REGION_OVERLAPS + 1));
    CHECK(strcmp(past, cairn_region_text((enum cairn_region_error)(CAIRN_REGION_OVERLAPS + 2))) == 0);
    CHECK(strcmp(past, cairn_region_text(CAIRN_REGION_OVERLAPS)) != 0);
}

TAP_MAIN(TEST(null_is_out_of_range), TEST(a_range_past_the_address_space_is_out_of_range),
         TEST(an_end_off_the_granules_is_unaligned), TEST(what_has_no_room_for_a_block_is_too_small),
         TEST(no_memory_in_the_last_granule_is_too_small), TEST(a_range_that_overlaps_another_region_is_refused),
         TEST(a_range_that_overlaps_the_system_heap_is_refused), TEST(ranges_that_touch_do_not_overlap),
         TEST(each_error_has_a_text), TEST(a_number_that_is_no_error_has_a_text_too))
