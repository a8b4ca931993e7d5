/* Looking into a heap: the walk, the figures, and what control data costs.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 4096 };

static _Alignas(16) char memory[MEMORY];

struct seen {
    char *block;
    size_t size;
    enum cairn_kind kind;
};

struct visit {
    struct seen seen[8];
    unsigned count, stop_after;
};

static bool note(void *context, void *block, size_t size, enum cairn_kind kind)
{
    struct visit *visit = context;
    if (visit->count < 8)
        visit->seen[visit->count] = (struct seen){.block = block, .size = size, .kind = kind};
    return ++visit->count != visit->stop_after;
}

static bool saw(const struct visit *visit, unsigned i, const void *block, size_t size, enum cairn_kind kind)
{
    return visit->seen[i].block == block && visit->seen[i].size == size && visit->seen[i].kind == kind;
}

/* Used, free, used, the used ones a small and a large one; and free to the end. */
static struct cairn_heap *example(char **small, char **hole, char **large)
{
    struct cairn_heap *heap = cairn_init(memory, MEMORY);
    *small = launder(cairn_malloc(heap, 48));
    *hole = launder(cairn_malloc(heap, 96));
    *large = launder(cairn_malloc(heap, 1600));
    cairn_free(heap, *hole);
    return heap;
}

static void the_walk_visits_every_block_from_the_lowest_up(void)
{
    char *small, *hole, *large;
    struct cairn_heap *heap = example(&small, &hole, &large);
    struct visit visit = {.count = 0};
    CHECK(cairn_walk(heap, note, &visit));
    CHECK(visit.count >= 3);
    CHECK(saw(&visit, 0, small, 48, CAIRN_USED));
    CHECK(saw(&visit, 1, hole, 96, CAIRN_FREE));
    CHECK(saw(&visit, 2, large, 1600, CAIRN_USED));
    for (unsigned i = 3; i < visit.count; i++)
        CHECK(visit.seen[i].kind == CAIRN_FREE);
}

static void the_walk_stops_when_it_is_told_to(void)
{
    char *small, *hole, *large;
    struct cairn_heap *heap = example(&small, &hole, &large);
    struct visit visit = {.stop_after = 2};
    CHECK(!cairn_walk(heap, note, &visit));
    CHECK(visit.count == 2);
}

static void the_walk_needs_nothing_but_the_map(void)
{
    char *small, *hole, *large;
    struct cairn_heap *heap = example(&small, &hole, &large);
    memset(small, 0xff, (size_t)(memory + MEMORY - small)); /* every block, free ones too */
    struct visit visit = {.count = 0};
    CHECK(cairn_walk(heap, note, &visit));
    CHECK(visit.count >= 3);
    CHECK(saw(&visit, 1, hole, 96, CAIRN_FREE) && saw(&visit, 2, large, 1600, CAIRN_USED));
}

static void the_figures_add_up(void)
{
    char *small, *hole, *large;
    struct cairn_stats stats;
    struct cairn_heap *heap = cairn_init(memory, MEMORY);
    cairn_stats(heap, &stats);
    CHECK(stats.size + stats.can_grow == MEMORY && stats.used == 0 &&
          stats.used + stats.free + stats.control == stats.size);
    heap = example(&small, &hole, &large);
    cairn_stats(heap, &stats);
    CHECK(stats.size + stats.can_grow == MEMORY && stats.used == 48 + 1600);
    CHECK(stats.used + stats.free + stats.control == stats.size);
    CHECK(stats.control == (size_t)(small - memory));
    cairn_free(heap, small);
    cairn_free(heap, large);
    cairn_stats(heap, &stats);
    CHECK(stats.used == 0 && stats.used + stats.free + stats.control == stats.size);
}

/* A free block counts as the smallest of its bin: 8 granules are the smallest of 8 to 11. */
static void what_is_guaranteed_is_the_largest_bin_or_what_is_above_the_top(void)
{
    enum { GRANULES = 10, SURE = 8 };
    for (size_t left = 0; left <= 2 * SURE; left++) {
        struct cairn_heap *heap = cairn_init(memory, MEMORY);
        struct cairn_stats stats;
        cairn_stats(heap, &stats);
        CHECK(stats.guaranteed == stats.can_grow && stats.can_grow != 0);
        char *p = launder(cairn_malloc(heap, GRANULES * CAIRN_GRANULE));
        char *between = launder(cairn_malloc(heap, 1));
        char *q = launder(cairn_malloc(heap, 3 * CAIRN_GRANULE));
        cairn_stats(heap, &stats);
        CHECK(between != NULL && launder(cairn_malloc(heap, stats.can_grow - left * CAIRN_GRANULE)) != NULL);
        cairn_stats(heap, &stats);
        CHECK(stats.guaranteed == left * CAIRN_GRANULE);
        cairn_free(heap, p);
        cairn_free(heap, q);
        cairn_stats(heap, &stats);
        CHECK(stats.can_grow == left * CAIRN_GRANULE);
        CHECK(stats.guaranteed == (left > SURE ? left : SURE) * CAIRN_GRANULE);
        CHECK(launder(cairn_malloc(heap, stats.guaranteed)) != NULL);
    }
}

static void what_is_guaranteed_is_served(void)
{
    char *small, *hole, *large;
    struct cairn_heap *heap = example(&small, &hole, &large);
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    CHECK(stats.guaranteed > 0 && cairn_usable_size(heap, large) == 1600 && cairn_usable_size(heap, small) == 48);
    while (stats.guaranteed > 0) {
        CHECK(stats.guaranteed <= stats.free + stats.can_grow);
        CHECK(cairn_malloc(heap, stats.guaranteed) != NULL);
        cairn_stats(heap, &stats);
    }
    CHECK(sound(heap));
}

static void the_system_heap_grows_as_its_figures_say(void)
{
    CHECK(cairn_system() == NULL);
    char *p = launder(malloc(100));
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    CHECK(stats.used == (100 + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE && stats.free == 0);
    CHECK(stats.can_grow <= room() && stats.can_grow + 3 * CAIRN_GRANULE > room()); /* a granule may be left over */
    CHECK(stats.size == stats.used + stats.control);
    free(p);
    cairn_stats(cairn_system(), &stats);
    CHECK(stats.used == 0 && stats.free == 0);
}

static void control_data_of_a_small_heap_is_at_most_8_percent(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_init(memory, 4096), &stats);
    tap_comment_number("control data of 4 KiB, bytes:", stats.control);
    CHECK((4096 - stats.free - stats.can_grow) * 100 <= 4096 * 8);
}

static void control_data_of_a_large_heap_is_at_most_3_and_a_half_percent(void)
{
    if (room() < 65536 + CAIRN_GRANULE) {
        tap_comment("left out: this board has no 64 KiB");
        return;
    }
    char *start = sbrk(65536 + CAIRN_GRANULE);
    struct cairn_stats stats;
    cairn_stats(cairn_init(start + -(uintptr_t)start % CAIRN_GRANULE, 65536), &stats);
    tap_comment_number("control data of 64 KiB, bytes:", stats.control);
    /* What is lost by rounding counts as well. */
    CHECK((65536 - stats.free - stats.can_grow) * 1000 <= 65536 * 35);
}

static void every_reason_has_a_text(void)
{
    for (enum cairn_reason a = CAIRN_NOT_A_BLOCK; a <= CAIRN_NO_HEAP; a++)
        for (enum cairn_reason b = CAIRN_NOT_A_BLOCK; b < a; b++)
            CHECK(strcmp(cairn_reason_text(a), cairn_reason_text(b)) != 0);
}

static void a_number_that_is_no_reason_has_a_text_too(void)
{
    const char *unknown = cairn_reason_text((enum cairn_reason)0);
    CHECK(strcmp(cairn_reason_text((enum cairn_reason)(CAIRN_NO_HEAP + 1)), unknown) == 0);
    for (int i = CAIRN_NOT_A_BLOCK; i <= CAIRN_NO_HEAP; i++)
        CHECK(strcmp(cairn_reason_text((enum cairn_reason)i), unknown) != 0);
}

#if CAIRN_VERSION < 0x000100
#error "CAIRN_VERSION is below that of the first release: the preprocessor cannot compare it"
#endif

static void versions_compare_as_their_numbers_do(void)
{
    CHECK(CAIRN_VERSION / 0x10000 == CAIRN_VERSION_MAJOR);
    CHECK(CAIRN_VERSION / 0x100 % 0x100 == CAIRN_VERSION_MINOR);
    CHECK(CAIRN_VERSION % 0x100 == CAIRN_VERSION_PATCH);
}

TAP_MAIN(TEST(the_walk_visits_every_block_from_the_lowest_up), TEST(the_walk_stops_when_it_is_told_to),
         TEST(the_walk_needs_nothing_but_the_map), TEST(the_figures_add_up),
         TEST(what_is_guaranteed_is_the_largest_bin_or_what_is_above_the_top), TEST(what_is_guaranteed_is_served),
         TEST(the_system_heap_grows_as_its_figures_say), TEST(control_data_of_a_small_heap_is_at_most_8_percent),
         TEST(control_data_of_a_large_heap_is_at_most_3_and_a_half_percent), TEST(every_reason_has_a_text),
         TEST(a_number_that_is_no_reason_has_a_text_too), TEST(versions_compare_as_their_numbers_do))
