/* CAIRN_CHECK=2 behind malloc: a long random run finds nothing, sbrk and regions give clean memory, and a
 * report names the blocks concerned and their owners.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "tap.h"

#include <string.h>

enum { SLOTS = 40, STEPS = 20000, ROOM = 5000 };
static char *slots[SLOTS];
static size_t sizes[SLOTS];

static uint32_t random_number(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static bool bounded(unsigned slot)
{
    return slots[slot] == NULL || filled(slots[slot], sizes[slot], slot);
}

static void step(unsigned slot)
{
    size_t size = random_number() % (random_number() % 8 == 0 ? 400 : 60);
    char *p = slots[slot];
    if (p == NULL) {
        p = launder(random_number() % 4 != 0 ? malloc(size) : memalign(16u << random_number() % 3, size));
    } else if (random_number() % 3 == 0) {
        p = launder(realloc(p, size));
        if (p == NULL)
            return;
        CHECK(filled(p, size < sizes[slot] ? size : sizes[slot], slot));
    } else {
        free(p);
        p = NULL;
    }
    slots[slot] = p;
    sizes[slot] = size;
    if (p != NULL)
        fill(p, size, slot);
}

static void a_random_run_finds_nothing(void)
{
    CHECK(keep_room(ROOM) != NULL);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned slot = random_number() % SLOTS;
        if (!CHECK(bounded(slot)))
            return;
        step(slot);
        if (i % 1000 == 0)
            CHECK(sound(cairn_system()));
        if (i % 500 == 250) { /* another caller of sbrk() takes and gives back */
            char *brk = sbrk(100);
            if (brk != (void *)-1) {
                memset(brk, 0x11, 100);
                CHECK(sbrk(-100) != (void *)-1);
            }
        }
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        CHECK(bounded(slot));
        free(slots[slot]);
    }
    CHECK(system_empty());
}

static void free_it(struct cairn_heap *unused, void *p)
{
    (void)unused;
    free(p);
}

static void take_it(struct cairn_heap *unused, void *p)
{
    (void)unused;
    (void)p;
    while (malloc(56) != NULL)
        continue;
}

/* Each of these leaves the heap damaged, in a block that no later call is about. */

static void a_report_names_who_ran_over(void)
{
    struct cairn_report report;
    char *p = launder(cairn_malloc_for(&sizes[1], 20));
    p[20] = 0;
    CHECK(is_fatal(free_it, NULL, p));
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.reason == CAIRN_OVERRUN && report.address == p + 20);
    CHECK(report.damaged.live && report.damaged.start == p && report.damaged.size == 20);
    CHECK(report.damaged.owner == &sizes[1] && report.freed_by == NULL);
    CHECK(report.suspect.start == p && report.suspect.owner == &sizes[1]);
}

static void a_report_names_who_ran_under(void)
{
    struct cairn_report report;
    char *p = launder(cairn_malloc_for(&sizes[2], 19));
    char *q = launder(cairn_malloc_for(&sizes[3], 24));
    char *bad = p + malloc_usable_size(p) + 1;
    CHECK(bad < q);
    *bad = 0;
    CHECK(is_fatal(free_it, NULL, p) && fatal_address == bad);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == &sizes[2]);
    CHECK(report.suspect.start == q && report.suspect.owner == &sizes[3] && report.suspect.size == 24);
}

static void a_report_names_who_had_freed_memory(void)
{
    struct cairn_report report;
    char *below = launder(cairn_malloc_for(&sizes[4], 30));
    char *p = launder(cairn_malloc_for(&sizes[5], 56));
    char *above = launder(malloc(8));
    cairn_free_for(&sizes[6], p);
    p[33] = 1;
    CHECK(is_fatal(take_it, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p + 33);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.damaged.owner == &sizes[5] && report.freed_by == &sizes[6]);
    CHECK(above != NULL && below != NULL);
}

static void a_report_names_the_block_below_a_damaged_free_one(void)
{
    struct cairn_report report;
    char *below = launder(cairn_malloc_for(&sizes[7], 31));
    char *p = launder(malloc(56));
    char *above = launder(malloc(8));
    free(p);
    char canary = below[31];
    below[31] = 1; /* it ran over its end */
    p[8] = 1;
    cairn_explain(CAIRN_CORRUPT_SIZE, p, &report);
    below[31] = canary;
    CHECK(report.damaged.start == p && !report.damaged.live && report.damaged.size >= 56);
    CHECK(report.suspect.start == below && report.suspect.size == 31 && report.suspect.owner == &sizes[7]);
    CHECK(above != NULL);
}

static void a_report_of_a_foreign_pointer_names_nothing(void)
{
    struct cairn_report report;
    cairn_explain(CAIRN_NOT_A_BLOCK, slots, &report);
    CHECK(report.damaged.start == NULL && report.suspect.start == NULL);
    CHECK(malloc_usable_size(NULL) == 0);
}

static _Alignas(64) char pool[1024];

static void regions_are_guarded_as_well(void)
{
    CHECK(cairn_add_region(pool, sizeof pool, CAIRN_EXTERNAL | CAIRN_DMA | CAIRN_ON_REQUEST) == CAIRN_REGION_ADDED);
    char *p = launder(cairn_malloc_in(CAIRN_EXTERNAL, 21));
    CHECK(p != NULL && malloc_usable_size(p) == 21);
    p = launder(realloc(p, 40));
    CHECK(p != NULL && malloc_usable_size(p) == 40);
    char *dma = launder(cairn_dma_alloc(40));
    CHECK(dma != NULL && aligned(dma, CAIRN_CACHE_LINE) && malloc_usable_size(dma) == 64);
    free(dma);
    p[40] ^= 1;
    CHECK(is_fatal(free_it, NULL, p) && fatal_reason == CAIRN_OVERRUN && fatal_address == p + 40);
}

TAP_MAIN(TEST(a_random_run_finds_nothing), TEST(a_report_names_who_ran_over), TEST(a_report_names_who_ran_under),
         TEST(a_report_names_who_had_freed_memory), TEST(a_report_names_the_block_below_a_damaged_free_one),
         TEST(a_report_of_a_foreign_pointer_names_nothing), TEST(regions_are_guarded_as_well))
