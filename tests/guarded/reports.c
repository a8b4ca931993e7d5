/* What cairn_explain() says of places where no block is, or no owner is known.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "tap.h"

#include <string.h>

static char who[4]; /* the callers are addresses of its elements */
static struct cairn_report report;

static bool empty(const struct cairn_block *block)
{
    return block->start == NULL && block->size == 0 && block->owner == NULL && !block->live;
}

/* Nothing was freed yet: the gap below an aligned block was never a block of anybody. */
static void free_memory_that_was_nobodys_has_no_owner(void)
{
    enum { ALIGNMENT = 512 };
    char *p = launder(malloc(8));
    while (-(uintptr_t)sbrk(0) % ALIGNMENT == 0) /* there is to be a gap, wherever the heap lies */
        p = launder(malloc(8));
    char *aligned_one = launder(memalign(ALIGNMENT, 8));
    char *gap = aligned_one - CAIRN_GRANULE;
    cairn_explain(CAIRN_CORRUPT_SIZE, gap, &report);
    CHECK(report.damaged.start != NULL && !report.damaged.live);
    CHECK(report.damaged.owner == NULL && report.freed_by == NULL);
    CHECK(empty(&report.suspect)); /* the canary below is whole */
    free(aligned_one);
    free(p);
}

static void memory_that_was_freed_long_ago_has_no_owner(void)
{
    char *p = launder(cairn_malloc_for(&who[0], 40));
    void *above = launder(malloc(8));
    cairn_free_for(&who[1], p);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p + 20, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == &who[0] && report.freed_by == &who[1]);
    for (int i = 0; i < 8; i++)
        free(launder(malloc(200)));
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p + 20, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == NULL && report.freed_by == NULL);
    free(above);
}

static void the_control_data_is_no_block(void)
{
    cairn_explain(CAIRN_NOT_A_BLOCK, cairn_system(), &report);
    CHECK(report.reason == CAIRN_NOT_A_BLOCK && report.address == cairn_system());
    CHECK(empty(&report.damaged) && empty(&report.suspect));
}

static void above_the_top_the_last_block_is_suspect(void)
{
    char *p = launder(cairn_malloc_for(&who[2], 40));
    char *top = sbrk(0);
    for (size_t above = 0; above < 3 * CAIRN_GRANULE; above += CAIRN_GRANULE) {
        cairn_explain(CAIRN_WRITE_AFTER_FREE, top + above, &report);
        CHECK(report.damaged.start == NULL && report.suspect.start == p);
        CHECK(report.suspect.owner == &who[2] && report.suspect.size == 40);
    }
    free(p);
}

static void a_misuse_has_no_suspect(void)
{
    char *p = launder(cairn_malloc_for(&who[3], 40));
    void *above = launder(malloc(8));
    cairn_explain(CAIRN_NOT_A_BLOCK, p + CAIRN_GRANULE, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == &who[3] && empty(&report.suspect));
    free(p);
    cairn_explain(CAIRN_DOUBLE_FREE, p, &report);
    CHECK(report.damaged.start == p && !report.damaged.live && report.damaged.owner == &who[3]);
    CHECK(empty(&report.suspect));
    free(above);
}

static void free_one(struct cairn_heap *heap, void *p)
{
    cairn_free(heap, p);
}

static void a_private_heap_is_known_while_it_is_the_last_one_used(void)
{
    static _Alignas(64) char memory[512], other[512];
    struct cairn_heap *heap = cairn_init(memory, sizeof memory);
    char *p = launder(cairn_malloc(heap, 20));
    p[20] ^= 1;
    CHECK(is_fatal(free_one, heap, p) && fatal_reason == CAIRN_OVERRUN);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.damaged.start == p && report.damaged.size == 20 && report.suspect.start == p);
    CHECK(cairn_malloc(cairn_init(other, sizeof other), 8) != NULL);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(empty(&report.damaged) && empty(&report.suspect));
}

static void each_reason_has_a_text(void)
{
    for (int a = 0; a <= CAIRN_NO_HEAP + 1; a++)
        for (int b = 0; b < a; b++) {
            bool unknown = b == 0 && a == CAIRN_NO_HEAP + 1;
            const char *text = cairn_reason_text((enum cairn_reason)a);
            CHECK((strcmp(text, cairn_reason_text((enum cairn_reason)b)) == 0) == unknown);
        }
}

static void a_wrapper_names_the_owner_in_a_private_heap(void)
{
    static _Alignas(CAIRN_GRANULE) char memory[1024];
    struct cairn_heap *heap = cairn_init(memory, sizeof memory);
    char *p = launder(cairn_private_malloc_for(&who[0], heap, 20));
    void *above = launder(cairn_private_malloc_for(&who[1], heap, 20));
    cairn_explain(CAIRN_OVERRUN, p + 20, &report);
    CHECK(report.damaged.start == p && report.damaged.size == 20 && report.damaged.owner == &who[0]);
    p = launder(cairn_private_realloc_for(&who[2], heap, p, 60));
    cairn_explain(CAIRN_OVERRUN, p + 60, &report);
    CHECK(report.damaged.start == p && report.damaged.size == 60 && report.damaged.owner == &who[2]);
    void *last = launder(cairn_malloc(heap, 60)); /* p is not the last block */
    cairn_private_free_for(&who[3], heap, p);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p + 20, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == &who[2] && report.freed_by == &who[3]);
    cairn_private_free_for(&who[3], heap, NULL);
    cairn_free(heap, above);
    cairn_free(heap, last);
    CHECK(all_free(heap));
}

TAP_MAIN(TEST(free_memory_that_was_nobodys_has_no_owner), TEST(memory_that_was_freed_long_ago_has_no_owner),
         TEST(the_control_data_is_no_block), TEST(above_the_top_the_last_block_is_suspect),
         TEST(a_misuse_has_no_suspect), TEST(a_private_heap_is_known_while_it_is_the_last_one_used),
         TEST(a_wrapper_names_the_owner_in_a_private_heap), TEST(each_reason_has_a_text))
