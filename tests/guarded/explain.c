/* CAIRN_CHECK=2: what cairn_explain() knows of freed blocks, and whom it suspects at the ends of a heap and beside what
 * is left of a free block.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

enum { SIZE = 60, PART = SIZE / 4, BLOCK = (SIZE + KEPT_BEHIND + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE };
enum { NOTES = 8 }; /* blocks of which it is known who freed them, as cairn.h says */
enum { BELOW, MIDDLE, ABOVE, FREES, TAKES };

static char who[TAKES + 1], rounds[2 * NOTES]; /* the callers are addresses of its elements */
static _Alignas(64) char memory[1024];
static struct cairn_heap *heap;
static struct cairn_report report;

/* Three blocks in a row, the first ones of a heap of their own. */
static char *below, *middle, *above;

static void set(void)
{
    heap = cairn_init(memory, sizeof memory);
    below = launder(cairn_private_malloc_for(&who[BELOW], heap, SIZE));
    middle = launder(cairn_private_malloc_for(&who[MIDDLE], heap, SIZE));
    above = launder(cairn_private_malloc_for(&who[ABOVE], heap, SIZE));
    CHECK(below == heap_pointer(heap, heap_blocks_begin(heap)));
    CHECK(middle == below + BLOCK && above == middle + BLOCK);
}

static size_t taken;

static void take(struct cairn_heap *h, void *p)
{
    (void)p;
    launder(cairn_private_malloc_for(&who[TAKES], h, taken));
}

/* Is a write after free found, at `address`, when a block of `size` bytes is taken? */
static bool found(const char *address, size_t size)
{
    taken = size;
    if (!is_fatal(take, heap, NULL) || fatal_reason != CAIRN_WRITE_AFTER_FREE || fatal_address != address)
        return false;
    cairn_explain(fatal_reason, fatal_address, &report);
    return true;
}

static void free_others(unsigned n)
{
    while (n-- > 0)
        cairn_private_free_for(&who[FREES], heap, launder(cairn_private_malloc_for(&who[TAKES], heap, PART)));
}

static bool is_none(const struct cairn_block *block)
{
    return block->start == NULL && block->size == 0 && block->owner == NULL && !block->live;
}

static bool suspects(const char *start, const void *owner)
{
    return report.suspect.start == start && report.suspect.owner == owner;
}

/* ---- Who had a free block ----------------------------------------------------------------------------- */

static bool middle_is_known(const void *owner, const void *freed_by)
{
    cairn_explain(CAIRN_WRITE_AFTER_FREE, middle + 1, &report);
    return report.damaged.start == middle && report.damaged.owner == owner && report.freed_by == freed_by;
}

static void the_first_block_that_is_freed_is_known(void)
{
    set();
    cairn_private_free_for(&who[FREES], heap, middle);
    CHECK(middle_is_known(&who[MIDDLE], &who[FREES]));
}

static void the_last_eight_blocks_that_were_freed_are_known(void)
{
    set();
    cairn_private_free_for(&who[FREES], heap, middle);
    free_others(NOTES - 1);
    CHECK(middle_is_known(&who[MIDDLE], &who[FREES]));
    free_others(1);
    CHECK(middle_is_known(NULL, NULL));
}

static void of_all_who_had_a_place_the_last_one_is_named(void)
{
    set();
    cairn_private_free_for(&who[FREES], heap, middle);
    for (unsigned n = 0; n < 2 * NOTES; n++) {
        CHECK(cairn_private_malloc_for(&rounds[n], heap, SIZE) == middle);
        cairn_private_free_for(&rounds[2 * NOTES - 1 - n], heap, middle);
        CHECK(middle_is_known(&rounds[n], &rounds[2 * NOTES - 1 - n]));
    }
}

/* Its canary and its trailer were the heap's. */
static void who_had_a_block_had_no_byte_behind_it(void)
{
    set();
    cairn_private_free_for(&who[FREES], heap, middle);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, middle + SIZE - 1, &report);
    CHECK(report.damaged.owner == &who[MIDDLE] && report.freed_by == &who[FREES]);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, middle + SIZE, &report);
    CHECK(report.damaged.start == middle && report.damaged.owner == NULL && report.freed_by == NULL);
}

/* As by a copy of the block that ends after free(). */
static void a_free_block_that_ends_in_a_trailer_is_free(void)
{
    char copy[BLOCK];
    set();
    memcpy(copy, middle, BLOCK);
    cairn_private_free_for(&who[FREES], heap, middle);
    memcpy(middle, copy, BLOCK);
    CHECK(middle_is_known(&who[MIDDLE], &who[FREES]));
    CHECK(!report.damaged.live && report.damaged.size == BLOCK);
}

/* The write is older than the request that finds it. */
static void who_asks_for_a_damaged_block_is_not_who_had_it(void)
{
    set();
    cairn_private_free_for(&who[FREES], heap, middle);
    free_others(NOTES);
    middle[SIZE / 2] = 0;
    CHECK(found(middle + SIZE / 2, SIZE) && report.damaged.start == middle && report.damaged.size == BLOCK);
    CHECK(!report.damaged.live && report.damaged.owner == NULL && is_none(&report.suspect));
}

/* ---- At the ends of a heap ---------------------------------------------------------------------------- */

static void no_granule_of_the_control_data_is_a_block(void)
{
    set();
    for (index_t i = 0; i < heap_blocks_begin(heap); i++) {
        cairn_explain(CAIRN_CORRUPT_LINK, heap_pointer(heap, i), &report);
        CHECK(is_none(&report.damaged) && is_none(&report.suspect) && is_none(&report.other));
    }
}

static void below_the_first_block_there_is_no_one_to_suspect(void)
{
    set();
    cairn_private_free_for(&who[FREES], heap, below);
    below[0] ^= 1;
    cairn_explain(CAIRN_CORRUPT_LINK, below, &report);
    CHECK(report.damaged.start == below && suspects(below, &who[BELOW]));
}

static void above_the_top_the_last_block_is_suspect_where_all_is_spoiled(void)
{
    set();
    char *top = heap_pointer(heap, heap->top);
    memset(top, 0x20, (size_t)(heap->limit - heap->top) * CAIRN_GRANULE);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, top, &report);
    CHECK(is_none(&report.damaged) && suspects(above, &who[ABOVE]) && report.suspect.size == SIZE);
}

static void above_the_top_the_smallest_block_is_suspect_as_well(void)
{
    set();
    char *last = launder(cairn_private_malloc_for(&who[TAKES], heap, 0));
    cairn_explain(CAIRN_WRITE_AFTER_FREE, last + bytes_of_block(0), &report);
    CHECK(is_none(&report.damaged) && suspects(last, &who[TAKES]) && report.suspect.size == 0);
}

/* A report goes by the map, which need not be as it was. */
static void above_the_top_a_granule_is_suspect_where_the_map_has_it_alone(void)
{
    set();
    index_t last = heap->top - 1u;
    map_turn_bound(heap, last);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, heap_pointer(heap, heap->top), &report);
    CHECK(is_none(&report.damaged) && suspects(heap_pointer(heap, last), NULL));
    CHECK(report.suspect.size == CAIRN_GRANULE && !report.suspect.live);
}

static void the_byte_where_a_heap_ends_is_none_of_its_bytes(void)
{
    set();
    char *end = heap_pointer(heap, heap->limit);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, end - 1, &report);
    CHECK(is_none(&report.damaged) && suspects(above, &who[ABOVE]));
    cairn_explain(CAIRN_WRITE_AFTER_FREE, end, &report);
    CHECK(is_none(&report.damaged) && is_none(&report.suspect) && is_none(&report.other));
}

/* ---- Beside the rest of a free block, whose upper end is given out --------------------------------------- */

static void below_a_rest_that_is_the_first_block_there_is_no_one_to_suspect(void)
{
    set();
    char *upper = middle - bytes_of_block(PART);
    cairn_private_free_for(&who[FREES], heap, below);
    upper[0] = 0;
    CHECK(found(upper, PART) && report.damaged.start == upper && suspects(upper, &who[BELOW]));
}

/* The block below it is whole: no write came from there. */
static void a_rest_of_one_granule_is_passed_over(void)
{
    set();
    char *upper = middle + CAIRN_GRANULE;
    cairn_private_free_for(&who[FREES], heap, middle);
    upper[0] = 0;
    CHECK(found(upper, BLOCK - CAIRN_GRANULE - KEPT_BEHIND));
    CHECK(report.damaged.start == upper && suspects(upper, &who[MIDDLE]));
}

/* The block below it has run over all of it, with bytes as they are at the end of a block. */
static void a_rest_that_ends_in_a_trailer_is_passed_over(void)
{
    char copy[BLOCK];
    set();
    launder(cairn_malloc(heap, SIZE)); /* so that `above` is not the last one */
    memcpy(copy, middle, BLOCK);
    cairn_private_free_for(&who[FREES], heap, middle);
    cairn_private_free_for(&who[FREES], heap, above);
    CHECK(cairn_private_malloc_for(&who[TAKES], heap, SIZE) == above);
    below[SIZE] ^= 1;
    memcpy(middle, copy, BLOCK);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, above, &report);
    CHECK(report.damaged.start == above && suspects(below, &who[BELOW]));
}

/* Before any other block is freed first. */
TAP_MAIN(TEST(the_first_block_that_is_freed_is_known), TEST(the_last_eight_blocks_that_were_freed_are_known),
         TEST(of_all_who_had_a_place_the_last_one_is_named), TEST(who_had_a_block_had_no_byte_behind_it),
         TEST(a_free_block_that_ends_in_a_trailer_is_free), TEST(who_asks_for_a_damaged_block_is_not_who_had_it),
         TEST(no_granule_of_the_control_data_is_a_block), TEST(below_the_first_block_there_is_no_one_to_suspect),
         TEST(above_the_top_the_last_block_is_suspect_where_all_is_spoiled),
         TEST(above_the_top_the_smallest_block_is_suspect_as_well),
         TEST(above_the_top_a_granule_is_suspect_where_the_map_has_it_alone),
         TEST(the_byte_where_a_heap_ends_is_none_of_its_bytes),
         TEST(below_a_rest_that_is_the_first_block_there_is_no_one_to_suspect),
         TEST(a_rest_of_one_granule_is_passed_over), TEST(a_rest_that_ends_in_a_trailer_is_passed_over))
