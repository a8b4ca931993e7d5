/* The break: what sbrk() gives and refuses, and a heap that shares it with others.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

static void the_break_starts_at_the_regions_start(void)
{
    CHECK(cairn_system() == NULL);
    CHECK(sbrk(0) == port_heap_start());
    CHECK(room() == (size_t)(port_heap_limit() - port_heap_start()));
}

static void the_break_moves_by_any_amount_both_ways(void)
{
    char *start = sbrk(3);
    CHECK(start == port_heap_start());
    CHECK(sbrk(1) == start + 3);
    CHECK(sbrk(100) == start + 4);
    CHECK(sbrk(-101) == start + 104);
    CHECK(sbrk(-3) == start + 3);
    CHECK(sbrk(0) == start);
}

static void all_of_the_region_can_be_had(void)
{
    size_t all = room();
    char *start = sbrk((ptrdiff_t)all);
    CHECK(start == port_heap_start() && sbrk(0) == port_heap_limit());
    memset(start, 0x5a, all);
    errno = 0;
    CHECK(sbrk(1) == (void *)-1 && errno == ENOMEM);
    errno = 0;
    CHECK(launder(malloc(1)) == NULL && errno == ENOMEM);
    CHECK(sbrk(-(ptrdiff_t)all) == port_heap_limit() && sbrk(0) == start);
}

static void memory_from_sbrk_below_the_heap_stays_its_owners(void)
{
    char *mine = sbrk(3);
    memcpy(mine, "abc", 3);
    char *p = launder(malloc(100));
    CHECK(p != NULL && aligned(p, CAIRN_GRANULE) && p > mine);
    fill(p, 100, 1);
    CHECK(memcmp(mine, "abc", 3) == 0 && sound(cairn_system()));
    free(p);
    CHECK(memcmp(mine, "abc", 3) == 0 && system_empty());
}

static void memory_from_sbrk_between_two_growths_stays_its_owners(void)
{
    static const ptrdiff_t sizes[] = {3, 8, 1, 250, 300, 1000};
    char *first = launder(malloc(40));
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = (size_t)sizes[i];
        char *mine = sbrk(sizes[i]);
        CHECK(mine != (void *)-1);
        fill(mine, size, i);
        char *p = launder(malloc(200));
        CHECK(p != NULL && (p >= mine + size || p + 200 <= mine));
        fill(p, 200, i);
        CHECK(filled(mine, size, i) && sound(cairn_system()));
        CHECK(count_blocks(cairn_system(), CAIRN_RESERVED).blocks != 0);
        p = launder(realloc(p, 300));
        CHECK(p != NULL && filled(p, 200, i) && filled(mine, size, i) && sound(cairn_system()));
        free(p);
        CHECK(filled(mine, size, i) && sound(cairn_system()));
    }
    free(first);
    CHECK(sound(cairn_system()) && count_blocks(cairn_system(), CAIRN_USED).blocks == 0);
}

static void the_break_does_not_fall_into_the_heap(void)
{
    void *p = launder(malloc(64));
    char *brk = sbrk(0);
    errno = 0;
    CHECK(sbrk(-1) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(10) == brk && sbrk(-10) == brk + 10);
    errno = 0;
    CHECK(sbrk(-(brk - port_heap_start())) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(0) == brk && sound(cairn_system()));
    free(p);
}

static void a_break_that_was_moved_and_moved_back_leaves_no_trace(void)
{
    void *p = launder(malloc(64));
    unsigned reserved = count_blocks(cairn_system(), CAIRN_RESERVED).blocks;
    sbrk(100);
    sbrk(-100);
    void *q = launder(malloc(500));
    CHECK(count_blocks(cairn_system(), CAIRN_RESERVED).blocks == reserved);
    free(p);
    free(q);
    CHECK(sound(cairn_system()));
}

static void a_free_top_goes_back_at_once(void)
{
    static const size_t sizes[] = {1, 100, 5000};
    size_t before = room();
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = launder(malloc(sizes[i]));
        CHECK(p != NULL && room() <= before - sizes[i]);
        free(p);
        CHECK(room() == before && sound(cairn_system()));
    }
    void *low = launder(malloc(500));
    void *high = launder(malloc(700));
    size_t both = room();
    free(low);
    CHECK(room() == both);
    free(high); /* and what was free below it */
    CHECK(room() == before && sound(cairn_system()));

    char *p = launder(malloc(1000));
    CHECK(launder(realloc(p, 100)) == p);
    CHECK(room() >= before - 100 - CAIRN_GRANULE && sound(cairn_system()));
    free(p);
    CHECK(room() == before);
}

static void malloc_trim_finds_nothing_to_give_back(void)
{
    size_t before = room();
    void *p = launder(malloc(5000));
    CHECK(malloc_trim(0) == 0);
    free(p);
    CHECK(room() == before);
    CHECK(malloc_trim(0) == 0 && malloc_trim(4096) == 0 && room() == before);
}

static void what_is_below_a_live_block_or_below_foreign_memory_is_kept(void)
{
    void *p = launder(malloc(3000));
    void *top = launder(malloc(8));
    size_t held = room();
    free(p);
    CHECK(room() == held && sound(cairn_system()));
    free(top);
    CHECK(room() > held + 3000);
    p = launder(malloc(3000));
    sbrk(8);
    held = room();
    free(p);
    CHECK(room() == held && sound(cairn_system()));
    void *q = launder(malloc(3000));
    CHECK(q == p);
    free(q);
    CHECK(sbrk(-8) != (void *)-1 && sound(cairn_system()));
    CHECK(sbrk(0) == p); /* below it, too, all was free */
    q = launder(malloc(3000));
    CHECK(q == p);
    free(q);
    CHECK(sound(cairn_system()) && count_blocks(cairn_system(), CAIRN_USED).blocks == 0);
}

TAP_MAIN(TEST(the_break_starts_at_the_regions_start), TEST(the_break_moves_by_any_amount_both_ways),
         TEST(all_of_the_region_can_be_had), TEST(memory_from_sbrk_below_the_heap_stays_its_owners),
         TEST(a_free_top_goes_back_at_once), TEST(malloc_trim_finds_nothing_to_give_back),
         TEST(the_break_does_not_fall_into_the_heap), TEST(a_break_that_was_moved_and_moved_back_leaves_no_trace),
         TEST(what_is_below_a_live_block_or_below_foreign_memory_is_kept),
         TEST(memory_from_sbrk_between_two_growths_stays_its_owners))
