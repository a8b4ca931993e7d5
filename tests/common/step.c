/* The check in steps starts again and again while the program allocates and frees, finds nothing where nothing is
 * wrong, and finds what is damaged meanwhile.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

enum { MEMORY = 4096, SLOTS = 30 };
static _Alignas(16) char memory[MEMORY];
static char *slots[SLOTS];

static uint32_t random_number(void)
{
    static uint32_t state = 7;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* One call of the program's. Some blocks are large. */
static void disturb(struct cairn_heap *heap)
{
    char **slot = &slots[random_number() % SLOTS];
    size_t size = random_number() % (random_number() % 4 == 0 ? 900 : 60);
    if (*slot == NULL) {
        *slot = launder(cairn_malloc(heap, size));
    } else if (random_number() % 4 == 0) {
        char *moved = launder(cairn_realloc(heap, *slot, size));
        *slot = moved != NULL ? moved : *slot;
    } else {
        cairn_free(heap, *slot);
        *slot = NULL;
    }
}

static struct cairn_heap *fresh(void)
{
    for (int i = 0; i < SLOTS; i++)
        slots[i] = NULL;
    return cairn_init(memory, sizeof memory);
}

static void nothing_is_found_where_nothing_is_wrong(void)
{
    struct cairn_heap *heap = fresh();
    for (uint32_t parts = 1; parts < 40; parts += 13) {
        struct cairn_place place = {.passes = 0};
        uint32_t steps = 0;
        for (; place.passes < 40; steps++) {
            if (!CHECK(steps < 20000 && cairn_check_step(heap, &place, parts) == 0))
                return;
            disturb(heap);
        }
        tap_comment_number("steps for 40 passes:", steps);
    }
    CHECK(sound(heap));
}

static void an_empty_and_a_full_heap_are_sound(void)
{
    struct cairn_heap *heap = fresh();
    struct cairn_place place = {.passes = 0};
    CHECK(cairn_check_step(heap, &place, 500) == 0 && place.passes > 1);
    while (cairn_malloc(heap, 24) != NULL)
        continue;
    while (cairn_malloc(heap, 0) != NULL)
        continue;
    CHECK(cairn_check_step(heap, &place, 2000) == 0 && place.passes > 3);
}

/* Bytes behind a live block are overwritten, where a free one follows, at any moment of a pass. */
static void damage_that_comes_during_a_pass_is_found(void)
{
    enum { MOMENTS = 200 };
    unsigned found = 0;
    for (uint32_t moment = 0; moment < MOMENTS; moment++) {
        struct cairn_heap *heap = fresh();
        struct cairn_place place = {.passes = 0};
        char *p = launder(cairn_malloc(heap, 72));
        char *q = launder(cairn_malloc(heap, 72));
        CHECK(launder(cairn_malloc(heap, 8)) != NULL);
        for (uint32_t i = 0; i < 300; i++)
            disturb(heap);
        cairn_free(heap, q);
        CHECK(cairn_check_step(heap, &place, moment) == 0);
        p[cairn_usable_size(heap, p) + CAIRN_INDEX_BITS / 4 * (moment % 2)] ^= 0x40; /* `next`, or `size` */
        uint32_t passes = place.passes;
        while (place.passes < passes + 2)
            if (cairn_check_step(heap, &place, 3) != 0) {
                found++;
                break;
            }
    }
    tap_comment_number("damaged at so many moments:", MOMENTS);
    CHECK(found == MOMENTS);
}

static void after_a_fault_it_begins_anew(void)
{
    struct cairn_heap *heap = fresh();
    struct cairn_place place = {.passes = 0};
    char *p = launder(cairn_malloc(heap, 40));
    char *q = launder(cairn_malloc(heap, 40));
    CHECK(q != NULL);
    cairn_free(heap, p);
    *p ^= 1;
    CHECK(cairn_check_step(heap, &place, 100) == 7 && place.fault == p && place.at == 0);
    CHECK(cairn_check_step(heap, &place, 100) == 7);
    *p ^= 1;
    CHECK(cairn_check_step(heap, &place, 400) == 0 && place.passes > 0);
}

TAP_MAIN(TEST(nothing_is_found_where_nothing_is_wrong), TEST(an_empty_and_a_full_heap_are_sound),
         TEST(damage_that_comes_during_a_pass_is_found), TEST(after_a_fault_it_begins_anew))
