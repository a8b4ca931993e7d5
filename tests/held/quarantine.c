/* CAIRN_QUARANTINE: a program that frees a block too early, and goes on: a write after free and a second free are found
 * although the block would have been given out again.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

enum { MESSAGE = 40, LARGE = 800, LATER = 5, HELD = CAIRN_QUARANTINE };
_Static_assert(LATER < HELD, "a block that was freed so many messages ago is still held");

static char who[8]; /* the callers are addresses of its elements */
static struct cairn_report report;

static void free_it(struct cairn_heap *heap, void *p)
{
    (void)heap;
    free(p);
}

static void resize_it(struct cairn_heap *heap, void *p)
{
    (void)heap;
    p = launder(realloc(p, 2 * MESSAGE));
}

static void ask_its_size(struct cairn_heap *heap, void *p)
{
    (void)heap;
    CHECK(malloc_usable_size(p) == 0);
}

/* Messages, each of which takes a block as large as the one that was freed, writes it, and frees it. */
static void messages(unsigned n)
{
    while (n-- > 0) {
        char *p = launder(cairn_malloc_for(&who[6], MESSAGE));
        memset(p, 0x11, MESSAGE);
        cairn_free_for(&who[7], p);
    }
}

static void work(struct cairn_heap *heap, void *p)
{
    (void)heap, (void)p;
    messages(HELD + 1);
}

/* A block of `size` bytes that was freed, and the messages since then. */
static char *freed_before(size_t size, unsigned n)
{
    char *p = launder(cairn_malloc_for(&who[0], size));
    cairn_free_for(&who[1], p);
    messages(n);
    return p;
}

static void a_second_free_is_found_messages_later(void)
{
    void (*const actions[])(struct cairn_heap *, void *) = {free_it, resize_it, ask_its_size};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned n = 0; n < HELD; n++) { /* at last it is the oldest one */
            char *p = freed_before(MESSAGE, n);
            CHECK(is_fatal(actions[i], NULL, p) && fatal_reason == CAIRN_DOUBLE_FREE && fatal_address == p);
            CHECK(fatal_locked);
            cairn_explain(CAIRN_DOUBLE_FREE, p, &report);
            CHECK(report.damaged.start == p && !report.damaged.live && report.damaged.size == MESSAGE);
            CHECK(report.damaged.owner == &who[0] && report.freed_by == &who[1] && report.suspect.start == NULL);
        }
}

static void a_block_that_is_held_is_not_given_out(void)
{
    char *p = freed_before(MESSAGE, 0);
    for (unsigned n = 0; n < HELD; n++) {
        char *q = launder(malloc(MESSAGE));
        CHECK(q != p);
        free(q);
    }
    char *again = launder(malloc(MESSAGE));
    CHECK(again == p);
    free(again);
}

/* From above the top. */
static void take_large(struct cairn_heap *heap, void *p)
{
    (void)heap, (void)p;
    CHECK(malloc(LARGE) == NULL);
}

/* The block that has left, and was damaged, is live again, as it was, and then free. */
static void recover(char *p, size_t size)
{
    ((size_t *)(void *)(p + bytes_of_block(size)))[-1] = size;
    cairn_free(cairn_system(), p);
}

/* Each byte, until the next block. */
static void a_write_after_free_is_found_messages_later(void)
{
    unsigned tried = 0, found = 0, named = 0, blamed = 0, checked = 0;
    for (size_t size = 0; size < 50; size += 7)
        for (size_t k = 0; k < bytes_of_block(size); k++, tried++) {
            char *p = freed_before(size, LATER);
            p[k] ^= 4;
            const void *where = NULL;
            size_t kept = bytes_of_block(size) - 2 * sizeof(void *); /* a trailer is found at its first byte */
            bool owner = k >= kept && k < kept + sizeof(void *);     /* which only free() compares */
            checked += owner || (cairn_check(cairn_system(), &where) == 12 && where != NULL);
            bool noticed = is_fatal(work, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_locked;
            found += noticed;
            cairn_explain(fatal_reason, fatal_address, &report);
            p[k] ^= 4;
            named += noticed && fatal_address == p + (k < kept ? k : kept) && report.damaged.start == p &&
                     report.damaged.owner == &who[0] && report.freed_by == &who[1];
            recover(p, size);
            blamed += k + 1u >= kept ||
                      (report.suspect.start == p && report.suspect.owner == &who[0]); /* or from above */
        }
    tap_comment_number("single bytes tried in held blocks:", tried);
    tap_comment_number("of these, not named:", tried - named);
    CHECK(tried > 200 && found == tried && named == tried && blamed == tried && checked == tried);
}

/* The quarantine has the block's size as well. */
static void a_byte_of_a_held_block_is_named_though_its_trailer_is_spoiled(void)
{
    char *p = freed_before(MESSAGE, LATER);
    char *trailer = p + bytes_of_block(MESSAGE) - 2 * sizeof(void *);
    for (size_t k = 0; trailer + k < p + bytes_of_block(MESSAGE); k++)
        trailer[k] ^= 0x5a;
    const void *where = NULL;
    CHECK(cairn_check(cairn_system(), &where) == 12 && where == trailer);
    p[MESSAGE / 2] ^= 1;
    CHECK(cairn_check(cairn_system(), &where) == 12 && where == p + MESSAGE / 2);
    CHECK(is_fatal(work, NULL, NULL) && fatal_address == p + MESSAGE / 2);
    recover(p, MESSAGE);
    CHECK(sound(cairn_system()));
}

/* Its canary and trailer are a live block's then, and cairn_check() asks no further. */
static void a_block_whose_trailer_is_made_a_live_one_again_is_found_when_it_leaves(void)
{
    char *p = freed_before(MESSAGE, LATER);
    char *trailer = p + bytes_of_block(MESSAGE) - 2 * sizeof(void *);
    ((size_t *)(void *)(p + bytes_of_block(MESSAGE)))[-1] = MESSAGE;
    CHECK(cairn_check(cairn_system(), NULL) == 0);
    CHECK(is_fatal(work, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == trailer);
    recover(p, MESSAGE);
    CHECK(sound(cairn_system()));
}

/* The bytes that a request gets are looked at when they are the caller's, and counted. */
static void the_counts_and_the_heap_agree_where_a_write_is_found_in_a_new_block(void)
{
    struct cairn_counts counts;
    struct cairn_heap *heap = cairn_system();
    char *p = heap_pointer(heap, heap->top);
    p[MESSAGE] ^= 1;
    CHECK(is_fatal(take_large, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p + MESSAGE);
    cairn_read_counts(&counts);
    CHECK(counts.used == cairn_used_bytes(heap) && cairn_usable_size(heap, p) == LARGE);
    cairn_free(heap, p);
    CHECK(counts.used == cairn_used_bytes(heap) + bytes_of_block(LARGE));
}

static void a_second_free_of_a_block_that_was_written_is_one(void)
{
    char *p = freed_before(MESSAGE, LATER);
    memset(p, 0, bytes_of_block(MESSAGE));
    CHECK(is_fatal(free_it, NULL, p) && fatal_reason == CAIRN_DOUBLE_FREE && fatal_address == p);
    CHECK(is_fatal(work, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p);
}

static void nothing_is_found_where_nothing_was_written(void)
{
    unsigned errors = 0;
    for (size_t size = 0; size < 100; size++) {
        freed_before(size, (unsigned)size % HELD);
        char *grown = launder(realloc(launder(malloc(size)), size + 30));
        memset(grown, 0x22, size + 30);
        free(grown);
        errors += !sound(cairn_system());
    }
    CHECK(errors == 0);
}

/* Of the last blocks that have left: those that are held make none of them forgotten. */
static void who_freed_a_block_that_has_left_is_known_for_as_many_again(void)
{
    enum { NOTED = 8, SMALL = 8 }; /* too small for a message */
    char *below = launder(malloc(SMALL));
    char *p = launder(cairn_malloc_for(&who[2], SMALL));
    char *above = launder(malloc(SMALL));
    cairn_free_for(&who[3], p);
    messages(HELD + NOTED - 1);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == &who[2] && report.freed_by == &who[3]);
    messages(1);
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p, &report);
    CHECK(report.damaged.start == p && report.damaged.owner == NULL && report.freed_by == NULL);
    free(above);
    free(below);
}

/* realloc() that moves a block frees the old place. */
static void the_old_place_of_a_block_that_moved_is_held(void)
{
    char *p = launder(cairn_malloc_for(&who[2], MESSAGE));
    char *q = launder(cairn_realloc_for(&who[3], p, 3 * MESSAGE));
    messages(LATER);
    CHECK(q != p && is_fatal(free_it, NULL, p) && fatal_reason == CAIRN_DOUBLE_FREE);
    cairn_explain(CAIRN_DOUBLE_FREE, p, &report);
    CHECK(report.damaged.owner == &who[2] && report.freed_by == &who[3]);
    p[1] = 1;
    CHECK(is_fatal(work, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p + 1);
    free(q);
}

static void held_blocks_are_counted_as_what_they_are(void)
{
    messages(HELD);
    char *p = freed_before(3 * MESSAGE, 0);
    struct count held = count_blocks(cairn_system(), CAIRN_HELD);
    struct cairn_stats stats;
    struct cairn_counts counts;
    cairn_stats(cairn_system(), &stats);
    cairn_read_counts(&counts);
    CHECK(held.blocks == HELD && held.bytes == (HELD - 1) * bytes_of_block(MESSAGE) + bytes_of_block(3 * MESSAGE));
    CHECK(stats.held == held.bytes && stats.used == cairn_used_bytes(cairn_system()) && p != NULL);
    CHECK(stats.used == count_blocks(cairn_system(), CAIRN_USED).bytes && counts.used <= stats.used);
}

static void blocks_of_another_heap_are_not_counted(void)
{
    static struct {
        _Alignas(64) char heap[512];
    } other;
    struct cairn_heap *heap = cairn_init(other.heap, sizeof other.heap);
    struct cairn_stats stats, system;
    messages(1);
    cairn_stats(heap, &stats);
    cairn_stats(cairn_system(), &system);
    CHECK(stats.held == 0 && stats.used == 0 && cairn_used_bytes(heap) == 0 && system.held > 0);
}

/* Memory that was taken with sbrk() ends as a held block would, for every size that this may have had. */
static void memory_of_others_that_looks_like_a_held_block_is_none(void)
{
    const size_t size = 40 * CAIRN_GRANULE;
    messages(HELD);
    char *brk = sbrk((ptrdiff_t)size);
    struct count reserved = count_blocks(cairn_system(), CAIRN_RESERVED);
    CHECK(brk != (void *)-1 && reserved.blocks == 1 && reserved.bytes == size);
    for (size_t asked = 0; asked < size; asked++) {
        ((size_t *)(void *)(brk + size))[-1] = ~asked;
        CHECK(count_blocks(cairn_system(), CAIRN_RESERVED).blocks == 1);
    }
    CHECK(sbrk(-(ptrdiff_t)size) != (void *)-1);
}

static void an_overrun_of_a_live_block_is_none_of_a_held_one(void)
{
    enum { SIZE = MESSAGE + 1 }; /* with a canary behind it */
    const void *where = NULL;
    char *p = launder(malloc(SIZE));
    p[SIZE] ^= 1;
    CHECK(cairn_check(cairn_system(), &where) == 11 && where == p + SIZE);
    p[SIZE] ^= 1;
    free(p);
    CHECK(sound(cairn_system()));
}

static void a_boundary_inside_a_held_block_is_found_when_it_leaves(void)
{
    struct cairn_heap *heap = cairn_system();
    for (index_t k = 1; k < MESSAGE / CAIRN_GRANULE; k++) {
        char *p = freed_before(MESSAGE, LATER);
        map_turn_bound(heap, heap_granule_index(heap, p) + k);
        CHECK(is_fatal(work, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p);
        map_turn_bound(heap, heap_granule_index(heap, p) + k);
        recover(p, MESSAGE);
        CHECK(sound(heap));
    }
}

/* The first one needs a heap that is empty. What a misuse leaves behind is a block that has left, and was not freed: so
 * those that leave nothing come next. */
TAP_MAIN(TEST(who_freed_a_block_that_has_left_is_known_for_as_many_again), TEST(a_block_that_is_held_is_not_given_out),
         TEST(nothing_is_found_where_nothing_was_written), TEST(held_blocks_are_counted_as_what_they_are),
         TEST(blocks_of_another_heap_are_not_counted), TEST(memory_of_others_that_looks_like_a_held_block_is_none),
         TEST(an_overrun_of_a_live_block_is_none_of_a_held_one),
         TEST(a_boundary_inside_a_held_block_is_found_when_it_leaves), TEST(a_second_free_is_found_messages_later),
         TEST(a_write_after_free_is_found_messages_later),
         TEST(a_byte_of_a_held_block_is_named_though_its_trailer_is_spoiled),
         TEST(a_block_whose_trailer_is_made_a_live_one_again_is_found_when_it_leaves),
         TEST(the_counts_and_the_heap_agree_where_a_write_is_found_in_a_new_block),
         TEST(a_second_free_of_a_block_that_was_written_is_one), TEST(the_old_place_of_a_block_that_moved_is_held))
