/* CAIRN_CHECK=2: which neighbour a report suspects, by which end of what lies between two blocks is spoiled: the one
 * below by an overrun, the one above by an underrun, or as a stack that grows down.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "core/hooks.h"
#include "tap.h"

#include <string.h>

enum { SIZE = 60, STACK = 150, TRAILER = 2 * sizeof(void *), FILL = HEAP_FILL & 0xff };
static _Alignas(64) char memory[1024];
static struct cairn_heap *heap;
static struct cairn_report report;

/* Three blocks in a row, in a heap of their own; the one in the middle is live or free. */
static char *below, *middle, *above;

static void set_sized(size_t size, bool live)
{
    heap = cairn_init(memory, sizeof memory);
    below = launder(cairn_malloc(heap, SIZE));
    middle = launder(cairn_malloc(heap, size));
    above = launder(cairn_malloc(heap, STACK));
    CHECK((size_t)(middle - below) == bytes_of_block(SIZE) && (size_t)(above - middle) == bytes_of_block(size));
    if (!live)
        cairn_free(heap, middle);
}

static void set(bool live)
{
    set_sized(SIZE, live);
}

/* Of the free block in the middle only `n` granules are left: its upper part is a block. Returns the size of that. */
static size_t set_part(index_t n)
{
    set(false);
    size_t size = bytes_of_block(SIZE) - n * CAIRN_GRANULE - KEPT_BEHIND;
    CHECK(cairn_malloc(heap, size) == middle + n * CAIRN_GRANULE);
    return size;
}

static void free_it(struct cairn_heap *h, void *p)
{
    cairn_free(h, p);
}

static void take_it(struct cairn_heap *h, void *p)
{
    (void)p;
    launder(cairn_malloc(h, SIZE));
}

static void take_part(struct cairn_heap *h, void *p)
{
    (void)p;
    launder(cairn_malloc(h, SIZE / 4));
}

/* Is this found when the block in the middle is freed, or given out? */
static bool found(enum cairn_reason reason, bool live)
{
    if (!is_fatal(live ? free_it : take_it, heap, middle) || fatal_reason != reason)
        return false;
    cairn_explain(fatal_reason, fatal_address, &report);
    return report.damaged.start == middle && report.damaged.live == live;
}

static bool is_block(const struct cairn_block *block, const char *p, size_t size)
{
    return block->start == p && block->live && block->owner != NULL && block->size == size;
}

static bool is_none(const struct cairn_block *block)
{
    return block->start == NULL && block->size == 0 && block->owner == NULL && !block->live;
}

/* An overrun that went through the canary and the trailer: who owned it is gone. */
static bool suspects_what_ran_over(void)
{
    return report.suspect.start == below && report.suspect.live && is_none(&report.other);
}

/* Nothing beside the block is spoiled: who had it wrote there. */
static bool suspects_the_last_owner(void)
{
    return report.suspect.start == report.damaged.start && !report.suspect.live && report.suspect.owner != NULL &&
           report.suspect.owner == report.damaged.owner && is_none(&report.other);
}

static void run_over(size_t n)
{
    memset(below + SIZE, 'x', (size_t)(middle - below) - SIZE + n);
}

static bool suspects_above(void)
{
    return is_block(&report.suspect, above, STACK) && is_none(&report.other);
}

/* ---- What is kept with a live block ---------------------------------------------------------------- */

static void a_byte_behind_a_block_is_its_own_overrun(void)
{
    set(true);
    middle[SIZE] = 0;
    CHECK(found(CAIRN_OVERRUN, true));
    CHECK(is_block(&report.suspect, middle, SIZE) && is_none(&report.other));
}

/* Zeros look like a size, but no such block is so large. */
static void a_trailer_that_alone_is_spoiled_was_written_from_above(void)
{
    static const unsigned char bytes[] = {0, 1, 0x20, 0xff};
    for (unsigned i = 0; i < sizeof bytes; i++)
        for (size_t n = sizeof(size_t); n <= TRAILER; n += sizeof(size_t)) {
            set(true);
            memset(above - n, bytes[i], n);
            CHECK(found(CAIRN_OVERRUN, true) && report.address == above - TRAILER);
            CHECK(suspects_above());
        }
}

static void the_end_of_a_canary_was_written_from_above(void)
{
    set(true);
    CHECK(SIZE + 1 < bytes_of_block(SIZE) - TRAILER);
    middle[bytes_of_block(SIZE) - TRAILER - 1] = 0;
    CHECK(found(CAIRN_OVERRUN, true) && suspects_above());
}

/* The block's own last byte, right below it, is no part of the canary. */
static void a_trailer_behind_a_canary_of_one_byte_was_written_from_above(void)
{
    size_t size = bytes_of_block(SIZE) - KEPT_BEHIND;
    set_sized(size, true);
    memset(middle, 'x', size);
    memset(above - TRAILER, 0, TRAILER);
    CHECK(found(CAIRN_OVERRUN, true) && suspects_above());
}

/* As a held block has it: without a quarantine no block is held. */
static void a_size_that_is_complemented_is_a_spoiled_trailer(void)
{
    set(true);
    size_t *size = (size_t *)(void *)above - 1;
    CHECK(*size == SIZE);
    *size = ~*size;
    CHECK(found(CAIRN_OVERRUN, true) && report.address == above - TRAILER && suspects_above());
}

/* A boundary that is a granule below the next block: no trailer is there, only bytes of another one. */
static void where_the_map_leaves_no_room_for_a_trailer_it_was_either(void)
{
    set(true);
    char *last = above - CAIRN_GRANULE;
    map_turn(heap, heap_granule_index(heap, last), 1, true);
    cairn_explain(CAIRN_OVERRUN, last, &report);
    CHECK(report.damaged.start == last && report.damaged.live && report.damaged.size == CAIRN_GRANULE);
    CHECK(report.suspect.start == last && is_block(&report.other, above, STACK));
}

/* A task's stack, in the block above, that has overflowed; or a string that is much too long. */
static void where_all_is_spoiled_it_was_either(void)
{
    for (unsigned run = 0; run < 2; run++) {
        set(true);
        if (run == 0)
            memset(above - 40, 0x20, 40);
        else
            memset(middle, 'x', bytes_of_block(SIZE) + 5);
        CHECK(found(CAIRN_OVERRUN, true));
        CHECK(report.suspect.start == middle && report.suspect.live);
        CHECK(is_block(&report.other, above, STACK));
    }
}

/* No live block is above the free one. */
static void a_run_into_free_memory_came_from_below(void)
{
    set(true);
    char *last = launder(cairn_malloc(heap, SIZE));
    cairn_free(heap, above);
    memset(middle, 'x', (size_t)(above - middle));
    CHECK(last != NULL && found(CAIRN_OVERRUN, true) && report.suspect.start == middle && is_none(&report.other));
}

/* ---- Free memory ------------------------------------------------------------------------------------ */

static void the_links_of_a_free_block_were_written_from_below(void)
{
    set(false);
    run_over(2 * sizeof(link_t) + 1);
    CHECK(found(CAIRN_CORRUPT_LINK, false) && suspects_what_ran_over());
}

/* As by a pointer that is used after free(). */
static void where_the_canary_below_is_whole_it_was_who_had_the_block(void)
{
    for (size_t n = 1; n <= 2 * sizeof(link_t) + 1; n++) {
        set(false);
        memset(middle, 'x', n);
        CHECK(found(CAIRN_CORRUPT_LINK, false) && suspects_the_last_owner());
        CHECK(report.freed_by != NULL);
    }
}

/* More blocks are freed than are noted: then it is not known who that was, and no one else is named. */
static void where_who_had_the_block_is_forgotten_no_one_is_named(void)
{
    enum { MORE = 8 };
    set(false);
    for (unsigned n = 0; n < MORE; n++)
        cairn_free(heap, launder(cairn_malloc(heap, STACK)));
    memset(middle, 'x', 4);
    CHECK(found(CAIRN_CORRUPT_LINK, false) && is_none(&report.suspect) && report.freed_by == NULL);
}

static void the_end_of_a_free_block_was_written_from_above(void)
{
    for (size_t n = sizeof(size_t); n < SIZE; n += 12) {
        set(false);
        memset(above - n, 0x20, n);
        CHECK(found(CAIRN_CORRUPT_SIZE, false) && suspects_above());
        CHECK(report.damaged.owner != NULL);
    }
}

static void the_middle_of_a_free_block_was_written_by_who_had_it(void)
{
    set(false);
    memset(middle + 20, 0x20, 20);
    CHECK(found(CAIRN_WRITE_AFTER_FREE, false) && suspects_the_last_owner());
    CHECK(report.damaged.owner != NULL && report.freed_by != NULL);
}

static void where_all_of_a_free_block_is_spoiled_it_was_either(void)
{
    for (unsigned run = 0; run < 2; run++) {
        set(false);
        if (run == 0)
            memset(middle, 0x20, (size_t)(above - middle));
        else
            run_over((size_t)(above - middle));
        CHECK(found(CAIRN_CORRUPT_LINK, false));
        CHECK(report.suspect.start == (run == 0 ? middle : below) && report.suspect.live == (run == 1));
        CHECK(is_block(&report.other, above, STACK));
    }
}

/* ---- No block's ------------------------------------------------------------------------------------- */

static void the_control_data_is_next_to_no_block(void)
{
    set(true);
    cairn_explain(CAIRN_CORRUPT_SIZE, heap, &report);
    CHECK(is_none(&report.damaged) && is_none(&report.suspect) && is_none(&report.other));
}

static void take_far(struct cairn_heap *h, void *p)
{
    (void)p;
    launder(cairn_malloc(h, (size_t)(memory + sizeof memory - STACK / 2 - (char *)heap_pointer(h, h->top))));
}

/* A stack that lies above the heap, and has run into it. */
static void what_came_from_above_the_heap_came_from_no_block(void)
{
    char *deepest = memory + sizeof memory - STACK;
    set(true);
    memset(deepest, 0x20, STACK);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, deepest, &report);
    CHECK(is_none(&report.damaged) && is_none(&report.suspect) && is_none(&report.other));
    CHECK(is_fatal(take_far, heap, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == deepest);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.damaged.start == above + bytes_of_block(STACK) && !report.damaged.live);
    CHECK(is_none(&report.suspect) && is_none(&report.other));
}

/* Only a part of a free block is given out, all of which but its links and sizes is spoiled: the block above is that
 * above the rest. */
static void the_rest_of_a_free_block_is_passed_over(void)
{
    set(false);
    memset(middle + CAIRN_GRANULE + 2, 0x20, (size_t)(above - middle) - CAIRN_GRANULE - 2 - sizeof(link_t));
    CHECK(is_fatal(take_part, heap, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.damaged.start == middle && !report.damaged.live && suspects_above());
}

/* And so it is where the write left the rest out. */
static void the_rest_of_a_free_block_is_passed_over_where_it_is_as_it_was(void)
{
    set(false);
    char *taken = above - bytes_of_block(SIZE / 4); /* the upper end */
    taken[0] = 0;
    CHECK(is_fatal(take_part, heap, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE);
    cairn_explain(fatal_reason, fatal_address, &report);
    CHECK(report.damaged.start == taken && !report.damaged.live && suspects_the_last_owner());
}

/* Right below the free block's last size, and behind what is given out of it. */
static void the_byte_below_the_last_size_of_a_free_block_was_written_from_above(void)
{
    set(false);
    char *bad = above - sizeof(link_t) - 1;
    *bad = 0;
    CHECK(found(CAIRN_WRITE_AFTER_FREE, false) && report.address == bad && suspects_above());
}

/* Behind what was freed, of which alone the owner is known, and below the end of the free block, which is as it was.
 * What the block above holds is its owner's, and may be like free memory. */
static void where_free_memory_ends_as_it_should_it_was_not_written_from_above(void)
{
    set(false);
    middle[SIZE + 1] = 0;
    memset(above, FILL, STACK);
    CHECK(found(CAIRN_WRITE_AFTER_FREE, false) && report.address == middle + SIZE + 1);
    CHECK(is_none(&report.suspect) && is_none(&report.other));
}

/* All behind them is as it was, and by now canary and trailer. */
static void the_last_byte_of_what_is_given_out_was_written_from_above(void)
{
    set(false);
    middle[SIZE - 1] = 0;
    CHECK(found(CAIRN_WRITE_AFTER_FREE, false) && report.address == middle + SIZE - 1 && suspects_above());
}

/* The upper part of a free block, written at its end, and where it begins or a granule above that. */
static void what_is_given_out_and_spoiled_at_both_ends_was_written_from_either(void)
{
    for (size_t k = 0; k <= CAIRN_GRANULE; k += CAIRN_GRANULE) {
        set(false);
        char *taken = above - bytes_of_block(SIZE / 4);
        taken[k] = 0;
        above[-1 - (ptrdiff_t)sizeof(link_t)] = 0;
        CHECK(is_fatal(take_part, heap, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == taken + k);
        cairn_explain(fatal_reason, fatal_address, &report);
        CHECK(report.damaged.start == taken && !report.damaged.live);
        if (k == 0)
            CHECK(report.suspect.start == taken && report.suspect.owner != NULL &&
                  is_block(&report.other, above, STACK));
        else
            CHECK(suspects_above());
    }
}

/* It has no last byte: the one below it is another block's. */
static void a_block_of_no_bytes_ends_as_its_memory_does(void)
{
    set_sized(0, true);
    middle[-1] = (char)FILL;
    cairn_explain(CAIRN_WRITE_AFTER_FREE, middle, &report);
    CHECK(report.damaged.start == middle && report.suspect.start == below);
    CHECK(is_block(&report.other, above, STACK));
}

/* A free block of one granule is all links and size: which of them was written first is not known. Whatever it was. */
static void of_a_free_granule_both_ends_are_suspected(void)
{
    for (unsigned run = 0; run < 2; run++) {
        size_t size = set_part(1);
        char *upper = middle + CAIRN_GRANULE;
        if (run == 0)
            upper[-1] ^= 1;
        else
            upper[-(ptrdiff_t)sizeof(link_t)] = (char)FILL;
        cairn_explain(CAIRN_CORRUPT_SIZE, middle, &report);
        CHECK(report.damaged.start == middle && report.damaged.size == CAIRN_GRANULE && !report.damaged.live);
        CHECK(report.suspect.start == middle && report.suspect.owner != NULL && is_block(&report.other, upper, size));
    }
}

/* In a larger one there is a byte between them. */
static void the_last_size_of_two_free_granules_was_written_from_above(void)
{
    size_t size = set_part(2);
    char *upper = middle + 2 * CAIRN_GRANULE;
    upper[-1] ^= 1;
    cairn_explain(CAIRN_CORRUPT_SIZE, middle, &report);
    CHECK(report.damaged.start == middle && report.damaged.size == 2 * CAIRN_GRANULE && !report.damaged.live);
    CHECK(is_block(&report.suspect, upper, size) && is_none(&report.other));
}

/* Its size is as it was: the links were written from below. */
static void a_free_granule_whose_links_alone_are_spoiled_was_written_by_who_had_it(void)
{
    set_part(1);
    middle[0] ^= 1;
    cairn_explain(CAIRN_CORRUPT_LINK, middle, &report);
    CHECK(report.damaged.start == middle && report.damaged.size == CAIRN_GRANULE && suspects_the_last_owner());
}

TAP_MAIN(TEST(a_byte_behind_a_block_is_its_own_overrun), TEST(a_trailer_that_alone_is_spoiled_was_written_from_above),
         TEST(the_end_of_a_canary_was_written_from_above),
         TEST(a_trailer_behind_a_canary_of_one_byte_was_written_from_above),
         TEST(a_size_that_is_complemented_is_a_spoiled_trailer),
         TEST(where_the_map_leaves_no_room_for_a_trailer_it_was_either), TEST(where_all_is_spoiled_it_was_either),
         TEST(a_run_into_free_memory_came_from_below), TEST(the_links_of_a_free_block_were_written_from_below),
         TEST(the_middle_of_a_free_block_was_written_by_who_had_it),
         TEST(where_the_canary_below_is_whole_it_was_who_had_the_block),
         TEST(where_who_had_the_block_is_forgotten_no_one_is_named),
         TEST(the_end_of_a_free_block_was_written_from_above), TEST(where_all_of_a_free_block_is_spoiled_it_was_either),
         TEST(the_rest_of_a_free_block_is_passed_over),
         TEST(the_rest_of_a_free_block_is_passed_over_where_it_is_as_it_was),
         TEST(the_byte_below_the_last_size_of_a_free_block_was_written_from_above),
         TEST(where_free_memory_ends_as_it_should_it_was_not_written_from_above),
         TEST(the_last_byte_of_what_is_given_out_was_written_from_above),
         TEST(what_is_given_out_and_spoiled_at_both_ends_was_written_from_either),
         TEST(a_block_of_no_bytes_ends_as_its_memory_does),
         TEST(the_last_size_of_two_free_granules_was_written_from_above),
         TEST(of_a_free_granule_both_ends_are_suspected),
         TEST(a_free_granule_whose_links_alone_are_spoiled_was_written_by_who_had_it),
         TEST(the_control_data_is_next_to_no_block), TEST(what_came_from_above_the_heap_came_from_no_block))
