/* The malloc family: what each entry point gives, on a heap that serves it.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>

static void zero_bytes_give_a_unique_pointer_that_can_be_freed(void)
{
    void *p = launder(malloc(0));
    void *q = launder(malloc(0));
    void *r = launder(calloc(0, 8));
    void *s = launder(calloc(8, 0));
    CHECK(p != NULL && q != NULL && r != NULL && s != NULL);
    CHECK(p != q && p != r && p != s && q != r && q != s && r != s);
    free(p);
    free(q);
    free(r);
    free(s);
    CHECK(system_empty());
}

static void every_pointer_is_aligned(void)
{
    void *held[64];
    for (size_t size = 0; size < 64; size++) {
        held[size] = launder(malloc(size));
        CHECK(held[size] != NULL && aligned(held[size], CAIRN_GRANULE));
    }
    for (size_t size = 0; size < 64; size++)
        free(held[size]);
    CHECK(system_empty());
}

static void the_usable_size_is_the_request_rounded_up_to_a_granule(void)
{
    for (size_t size = 1; size < 1200; size += 1 + size / 9) {
        char *p = launder(malloc(size));
        size_t usable = malloc_usable_size(p);
        CHECK(usable == (size + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE);
        fill(p, usable, 1);
        free(p);
    }
    CHECK(malloc_usable_size(NULL) == 0);
    CHECK(system_empty());
}

static void blocks_do_not_overlap(void)
{
    enum { COUNT = 40 };
    char *held[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        held[i] = launder(malloc(1 + i * 5));
        fill(held[i], 1 + i * 5, i);
    }
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(filled(held[i], 1 + i * 5, i));
    for (unsigned i = 0; i < COUNT; i += 2)
        free(held[i]);
    for (unsigned i = 1; i < COUNT; i += 2)
        CHECK(filled(held[i], 1 + i * 5, i));
    CHECK(sound(cairn_system()));
    for (unsigned i = 1; i < COUNT; i += 2)
        free(held[i]);
    CHECK(system_empty());
}

static void calloc_clears_what_a_block_held_before(void)
{
    static const size_t sizes[] = {1, 7, 8, 9, 40, 250, 1000};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = launder(malloc(sizes[i]));
        void *above = launder(malloc(1)); /* keeps p's place for the next request */
        fill(p, sizes[i], i);
        free(p);
        p = launder(calloc(sizes[i], 1));
        CHECK(all_zero(p, sizes[i]));
        free(p);
        p = launder(calloc(1, sizes[i]));
        CHECK(all_zero(p, sizes[i]));
        free(p);
        free(above);
    }
    CHECK(system_empty());
}

static void freeing_null_does_nothing(void)
{
    void *p = launder(malloc(24));
    struct count before = count_blocks(cairn_system(), CAIRN_USED);
    errno = 0;
    free(NULL);
    cfree(NULL);
    CHECK(errno == 0);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == before.blocks);
    cfree(p);
    CHECK(system_empty());
}

static void a_served_request_leaves_errno_alone(void)
{
    errno = 77;
    void *p = launder(malloc(100));
    p = launder(realloc(p, 200));
    void *q = launder(calloc(3, 5));
    void *r = launder(memalign(64, 10));
    void *s = NULL;
    CHECK(posix_memalign(&s, 64, 10) == 0 && s != NULL);
    free(p);
    free(q);
    free(r);
    free(launder(s));
    CHECK(errno == 77);
    CHECK(system_empty());
}

static void memory_of_a_block_that_was_freed_serves_again(void)
{
    for (int i = 0; i < 200; i++) {
        void *p = launder(malloc(room() / 2));
        CHECK(p != NULL);
        free(p);
    }
    CHECK(system_empty());
}

static void neighbours_become_one_block_in_every_order_of_freeing(void)
{
    static const unsigned char orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int i = 0; i < 6; i++) {
        void *held[3];
        for (int j = 0; j < 3; j++)
            held[j] = launder(malloc(72));
        void *above = launder(malloc(8));
        for (int j = 0; j < 3; j++) {
            free(held[orders[i][j]]);
            CHECK(sound(cairn_system()));
        }
        CHECK(count_blocks(cairn_system(), CAIRN_FREE).blocks == 1);
        CHECK(count_blocks(cairn_system(), CAIRN_FREE).bytes >= 3 * 72);
        free(above);
    }
    CHECK(system_empty());
}

static void the_whole_region_can_be_used_and_used_again(void)
{
    for (int round = 0; round < 2; round++) {
        char *first = NULL;
        void *p;
        size_t total = 0;
        /* A list through the blocks themselves: they cannot be counted beforehand. */
        while ((p = launder(malloc(room() > 9000 ? 4000 : 40))) != NULL) {
            *(char **)p = first;
            first = p;
            total += malloc_usable_size(p);
        }
        CHECK(room() < 40);
        CHECK(sound(cairn_system()));
        CHECK(errno == ENOMEM);
        struct cairn_stats stats;
        cairn_stats(cairn_system(), &stats);
        CHECK(stats.used == total);
        while (first != NULL) {
            char *next = *(char **)first;
            free(first);
            first = launder(next);
        }
        CHECK(system_empty());
    }
}

static void nothing_can_be_set_by_mallopt(void)
{
    CHECK(mallopt(-1, 4096) == 0);
}

TAP_MAIN(TEST(zero_bytes_give_a_unique_pointer_that_can_be_freed), TEST(every_pointer_is_aligned),
         TEST(the_usable_size_is_the_request_rounded_up_to_a_granule), TEST(blocks_do_not_overlap),
         TEST(calloc_clears_what_a_block_held_before), TEST(freeing_null_does_nothing),
         TEST(a_served_request_leaves_errno_alone), TEST(memory_of_a_block_that_was_freed_serves_again),
         TEST(neighbours_become_one_block_in_every_order_of_freeing), TEST(the_whole_region_can_be_used_and_used_again),
         TEST(nothing_can_be_set_by_mallopt))
