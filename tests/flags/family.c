/* The malloc family, private heaps and the C library over them, from sources that were compiled with flags that
 * Cairn's Makefile does not choose: tests/mk/flags.mk lists them. This file is compiled with the same ones.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "beside.h"
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __PICOLIBC__
#include <reent.h>
#endif

enum { LARGE = BESIDE_REGION / 2, SMALL = 24, BLOCKS = 12 };

/* A size that the compiler knows nothing about. */
static size_t hidden(size_t size)
{
    __asm volatile("" : "+r"(size));
    return size;
}

static void the_first_request_starts_the_heap_in_its_region(void)
{
    beside_paint();
    char *p = launder(malloc(SMALL));
    CHECK(p != NULL && beside_holds(p) && aligned(p, 8) && sound(cairn_system()));
    free(p);
    CHECK(beside_is_untouched() && system_empty());
}

static void blocks_keep_their_bytes(void)
{
    void *block[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = launder(malloc(1 + i * SMALL));
        CHECK(block[i] != NULL && aligned(block[i], 8) && malloc_usable_size(block[i]) > i * SMALL);
        fill(block[i], 1 + i * SMALL, i);
    }
    for (unsigned i = 0; i < BLOCKS; i += 2)
        free(block[i]);
    for (unsigned i = 1; i < BLOCKS; i += 2)
        CHECK(filled(block[i], 1 + i * SMALL, i));
    CHECK(sound(cairn_system()));
    for (unsigned i = 1; i < BLOCKS; i += 2)
        free(block[i]);
    CHECK(system_empty());
}

static void calloc_clears_what_was_written(void)
{
    static const size_t sizes[] = {1, SMALL, 1000, LARGE};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = launder(malloc(sizes[i]));
        CHECK(p != NULL);
        fill(p, sizes[i], i);
        free(launder(p));
        p = launder(calloc(sizes[i], 1));
        CHECK(p != NULL && all_zero(p, sizes[i]));
        free(p);
    }
    errno = 0;
    CHECK(launder(calloc(hidden(SIZE_MAX / 2), 3)) == NULL && errno == ENOMEM);
    CHECK(system_empty());
}

static void realloc_grows_moves_and_shrinks(void)
{
    char *p = launder(realloc(NULL, SMALL));
    fill(p, SMALL, 7);
    char *wall = launder(malloc(SMALL));
    p = launder(realloc(p, 1000));
    CHECK(p != NULL && filled(p, SMALL, 7));
    fill(p, 1000, 8);
    p = launder(realloc(p, LARGE));
    CHECK(p != NULL && filled(p, 1000, 8));
    p = launder(realloc(p, 100));
    CHECK(p != NULL && filled(p, 100, 8) && sound(cairn_system()));
    errno = 0;
    CHECK(realloc(launder(p), hidden(PTRDIFF_MAX)) == NULL && errno == ENOMEM && filled(launder(p), 100, 8));
    free(wall);
    free(p);
    CHECK(system_empty());
}

static void aligned_blocks_are_aligned(void)
{
    for (size_t alignment = 8; alignment <= 512; alignment *= 2) {
        void *p = launder(memalign(alignment, 100));
        void *q = launder(aligned_alloc(alignment, alignment));
        CHECK(p != NULL && aligned(p, alignment) && q != NULL && aligned(q, alignment));
        fill(p, 100, 9);
        CHECK(sound(cairn_system()) && filled(p, 100, 9));
        free(p);
        free(q);
    }
    errno = 0;
    CHECK(launder(memalign(hidden(24), 8)) == NULL && errno == EINVAL);
    CHECK(system_empty());
}

static void the_break_moves(void)
{
    char *old = sbrk(0);
    CHECK(beside_holds(old) && sbrk(100) == old && sbrk(0) == (void *)(old + 100));
    fill(old, 100, 10);
    void *p = launder(malloc(SMALL));
    CHECK(p != NULL && sound(cairn_system()) && filled(old, 100, 10));
    free(p);
    CHECK(sbrk(-100) == (void *)(old + 100) && sbrk(0) == (void *)old && system_empty());
}

static void the_last_byte_of_the_region_serves(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    size_t size = stats.can_grow - (CAIRN_WATCHED ? 24 : 0); /* what is kept with a block */
    char *p = launder(malloc(size));
    CHECK(p != NULL && beside_holds(p + size - 1));
    fill(p, malloc_usable_size(p), 15);
    CHECK(beside_is_untouched());
    free(launder(p));
    CHECK(sound(cairn_system()) && beside_is_untouched());
}

static void the_c_library_allocates_here(void)
{
    struct count before = count_blocks(cairn_system(), CAIRN_USED);
    char *copy = launder(strdup("of a string"));
    CHECK(copy != NULL && beside_holds(copy) && strcmp(copy, "of a string") == 0);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == before.blocks + 1);
    free(copy);
    char text[40];
    CHECK(snprintf(text, sizeof text, "%d %s", 42, "words") == 8 && strcmp(text, "42 words") == 0);
    CHECK(printf("# %s, %.3f\n", "printf", 1.5) > 0);
    CHECK(sound(cairn_system()));
}

static void the_reentrant_names_serve(void)
{
#ifndef __PICOLIBC__
    char *p = launder(_malloc_r(_REENT, SMALL));
    CHECK(p != NULL && beside_holds(p));
    fill(p, SMALL, 11);
    p = launder(_realloc_r(_REENT, p, 400));
    CHECK(p != NULL && filled(p, SMALL, 11));
    char *q = launder(_calloc_r(_REENT, 20, 20));
    CHECK(q != NULL && beside_holds(q) && all_zero(q, 400));
    _free_r(_REENT, q);
    _free_r(_REENT, p);
    CHECK(sound(cairn_system()));
#else
    tap_skip("this C library has none");
#endif
}

/* Heaps of every size in a range, with bytes on both sides that belong to no heap. */
static void a_private_heap_keeps_to_its_memory(void)
{
    enum { MARGIN = 16, MOST = 400 };
    unsigned heaps = 0;
    char *memory = launder(malloc(MARGIN + MOST + MARGIN));
    CHECK(memory != NULL);
    for (size_t size = 40; size <= MOST; size += 3) {
        fill(memory, MARGIN + MOST + MARGIN, 12);
        struct cairn_heap *heap = cairn_init(memory + MARGIN, size);
        if (heap != NULL) {
            char *p = launder(cairn_malloc(heap, 12));
            char *q = launder(cairn_calloc(heap, 3, 5));
            CHECK(q == NULL || all_zero(q, 15));
            CHECK(sound(heap));
            p = launder(cairn_realloc(heap, p, 40));
            cairn_free(heap, q);
            cairn_free(heap, p);
            CHECK(sound(heap));
            heaps++;
        }
        static char expected[MARGIN + MOST + MARGIN];
        fill(expected, sizeof expected, 12);
        CHECK(memcmp(memory, expected, MARGIN) == 0);
        CHECK(memcmp(memory + MARGIN + size, expected + MARGIN + size, sizeof expected - MARGIN - size) == 0);
    }
    CHECK(heaps > 90);
    free(memory);
}

#if CAIRN_REGIONS
static void a_region_that_was_added_serves(void)
{
    static _Alignas(8) char memory[1024];
    fill(memory, sizeof memory, 13);
    CHECK(cairn_add_region(memory, sizeof memory, CAIRN_FAST) == CAIRN_REGION_ADDED);
    char *p = launder(cairn_malloc_in(CAIRN_FAST, 100));
    CHECK(p >= memory && p < memory + sizeof memory);
    fill(p, 100, 14);
    p = launder(realloc(p, 300));
    CHECK(p != NULL && filled(p, 100, 14) && sound(cairn_region(0, NULL)));
    free(p);
}
#endif

static void nothing_is_copied_or_cleared_with_the_lock_held(void)
{
#if CAIRN_WATCHED
    tap_skip("where the heap is watched, what is kept of a block is written with the lock held");
#else
    CHECK(beside_locked_calls() == 0);
#endif
}

static void a_call_with_the_lock_held_would_be_seen(void)
{
    char bytes[SMALL];
    unsigned long before = beside_locked_calls();
    uint32_t state = port_lock();
    memset(launder(bytes), 1, hidden(sizeof bytes));
    port_unlock(state);
    CHECK(beside_locked_calls() == before + 1 && bytes[SMALL - 1] == 1);
}

static void the_heap_ends_in_order(void)
{
    CHECK(sound(cairn_system()) && beside_is_untouched());
}

int main(void)
{
    static const struct tap_test tests[] = {
        TEST(the_first_request_starts_the_heap_in_its_region),
        TEST(blocks_keep_their_bytes),
        TEST(calloc_clears_what_was_written),
        TEST(realloc_grows_moves_and_shrinks),
        TEST(aligned_blocks_are_aligned),
        TEST(the_break_moves),
        TEST(the_last_byte_of_the_region_serves),
        TEST(the_c_library_allocates_here),
        TEST(the_reentrant_names_serve),
        TEST(a_private_heap_keeps_to_its_memory),
#if CAIRN_REGIONS
        TEST(a_region_that_was_added_serves),
#endif
        TEST(nothing_is_copied_or_cleared_with_the_lock_held),
        TEST(a_call_with_the_lock_held_would_be_seen),
        TEST(the_heap_ends_in_order),
    };
    beside_watch_time();
    return tap_run(tests, (int)(sizeof tests / sizeof tests[0]));
}
