/* Large blocks and many blocks: what a process of 64 bits can have, what it is refused, and that it gives
 * back the pages that it does not need.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)
#define GIB(n) ((size_t)(n) << 30)

/* Pages that the process has: addresses, and those in memory. */
static void read_pages(size_t *all, size_t *here)
{
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%zu %zu", all, here) == 2);
    fclose(file);
}

/* Bytes of memory that the process has, by the system's count. */
static size_t resident(void)
{
    size_t all = 0, here = 0;
    read_pages(&all, &here);
    return here * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t address_space(void)
{
    size_t all = 0, here = 0;
    read_pages(&all, &here);
    return all * (size_t)sysconf(_SC_PAGESIZE);
}

/* The most that it has had. */
static size_t most_resident(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (size_t)usage.ru_maxrss << 10;
}

static void a_heap_costs_what_is_used_of_it(void)
{
    CHECK(resident() < MIB(8) && address_space() < MIB(16));
    size_t before = address_space();
    void *p = launder(malloc(MIB(100)));
    CHECK(address_space() < before + MIB(101));
    free(p);
    CHECK(address_space() == before);
}

static void a_request_larger_than_4_gib_is_served(void)
{
    const size_t size = GIB(5) + 3;
    if ((size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE) < GIB(10)) {
        tap_skip("the system refuses what is larger than its memory");
        return;
    }
    size_t before = resident();
    char *p = launder(malloc(size));
    CHECK(p != NULL && malloc_usable_size(p) >= size);
    for (size_t at = 0; at < size; at += GIB(1))
        p[at] = (char)(at >> 30);
    p[size - 1] = 77;
    CHECK(resident() < before + MIB(1));
    char *q = launder(realloc(p, size + GIB(3)));
    CHECK(q != NULL && malloc_usable_size(q) >= size + GIB(3));
    for (size_t at = 0; at < size; at += GIB(1))
        CHECK(q[at] == (char)(at >> 30));
    CHECK(q[size - 1] == 77);
    free(q);
    p = launder(calloc(3, GIB(2)));
    CHECK(p != NULL && resident() < before + MIB(1));
    CHECK(all_zero(p, KIB(64)) && p[GIB(1)] == 0 && p[GIB(5)] == 0 && p[GIB(6) - 1] == 0);
    p = launder(realloc(p, 100));
    CHECK(malloc_usable_size(p) == 112 && all_zero(p, 100));
    free(p);
}

static void a_request_that_nothing_can_serve_is_refused(void)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4095, SIZE_MAX / 2 + 1, SIZE_MAX / 2, GIB(1) << 20};
    char *p = launder(malloc(100));
    fill(p, 100, 1);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        errno = 0;
        CHECK(launder(malloc(sizes[i])) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(calloc(sizes[i], 1)) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(calloc(sizes[i], 8)) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(realloc(launder(p), sizes[i])) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(reallocarray(launder(p), sizes[i], 3)) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(memalign(4096, sizes[i])) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(valloc(sizes[i])) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(pvalloc(sizes[i])) == NULL && errno == ENOMEM);
    }
    CHECK(filled(p, 100, 1));
    free(p);
}

static void success_leaves_errno_alone(void)
{
    errno = 4711;
    void *p = launder(malloc(MIB(40)));
    void *q = launder(calloc(1, MIB(40)));
    memset(p, 1, MIB(40));
    p = launder(realloc(p, MIB(50)));
    free(q);
    free(p);
    CHECK(p != NULL && q != NULL && errno == 4711);
}

static void a_million_blocks_can_be_live(void)
{
    enum { COUNT = 1000000 };
    static void *held[COUNT];
    bool good = true;
    for (unsigned i = 0; i < COUNT; i++) {
        held[i] = launder(malloc(8 + i % 40));
        good = good && held[i] != NULL;
        if (good)
            memcpy(held[i], &i, sizeof i);
    }
    CHECK(good);
    for (unsigned i = 0; i < COUNT; i++)
        good = good && memcmp(held[i], &i, sizeof i) == 0;
    CHECK(good);
    for (unsigned i = 0; i < COUNT; i += 2)
        free(held[i]);
    for (unsigned i = 1; i < COUNT; i += 2)
        good = good && memcmp(held[i], &i, sizeof i) == 0;
    CHECK(good);
    size_t before = resident();
    for (unsigned i = 1; i < COUNT; i += 2)
        free(held[i]);
    CHECK(resident() + MIB(20) < before); /* the top has fallen */
    CHECK(resident() < MIB(24));
}

/* What calloc() takes is 0: never used, used and given back, used and still there. */
static void calloc_clears_large_blocks(void)
{
    static const size_t sizes[] = {KIB(127), KIB(128), KIB(300), MIB(1), MIB(4) - 1, MIB(4) + 5, MIB(9), MIB(33)};
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            void *p = launder(malloc(sizes[i] - KIB(3)));
            void *above = round == 1 ? launder(malloc(1)) : NULL; /* a free block, not the top */
            memset(p, 0xa5, sizes[i] - KIB(3));
            free(p);
            if (round == 2)
                malloc_trim(0);
            p = launder(calloc(sizes[i] / 16, 16));
            CHECK(p != NULL && all_zero(p, sizes[i] / 16 * 16));
            memset(p, 0x5a, sizes[i] / 16 * 16);
            free(p);
            free(above);
        }
}

/* The last page in use may be so in part. */
static void calloc_clears_what_a_fallen_top_has_left(void)
{
    for (size_t more = 16; more < KIB(8); more += 272) {
        char *p = launder(malloc(MIB(9)));
        char *q = launder(malloc(more));
        memset(p, 0xa5, MIB(9));
        memset(q, 0xa5, more);
        free(q);
        free(p);
        p = launder(calloc(1, MIB(10)));
        CHECK(all_zero(p, MIB(10)));
        free(p);
        malloc_trim(0);
    }
}

static void realloc_keeps_the_contents_of_large_blocks(void)
{
    size_t size = KIB(100);
    char *p = launder(malloc(size));
    fill(p, size, 3);
    for (unsigned i = 0; size < MIB(40); i++) {
        size_t larger = size + size / 3;
        void *above = i % 2 == 0 ? launder(malloc(1)) : NULL; /* so that it has to move */
        p = launder(realloc(p, larger));
        CHECK(p != NULL && filled(p, size, 3));
        fill(p, larger, 3);
        size = larger;
        free(above);
    }
    while (size > KIB(200)) {
        size -= size / 5;
        p = launder(realloc(p, size));
        CHECK(p != NULL && filled(p, size, 3));
    }
    free(p);
}

static void a_block_that_moves_is_not_in_memory_twice(void)
{
    const size_t size = MIB(200);
    char *p = launder(malloc(size));
    memset(p, 1, size);
    size_t before = resident();
    char *q = launder(realloc(p, size + MIB(100)));
    CHECK(q != NULL && q[0] == 1 && q[size - 1] == 1);
    CHECK(most_resident() + MIB(1) >= before && most_resident() < before + MIB(4));
    free(q);
}

/* Blocks of 32 MiB may be the arenas' by now: two of these are kept. */
static void free_pages_go_back_to_the_system(void)
{
    enum { COUNT = 200 };
    static char *held[COUNT];
    malloc_trim(0);
    size_t before = resident();
    for (unsigned i = 0; i < COUNT; i++) {
        held[i] = launder(malloc(MIB(1)));
        memset(held[i], 1, MIB(1));
    }
    CHECK(resident() > before + MIB(190));
    /* Every second one: no free block is the last. */
    for (unsigned i = 0; i < COUNT; i += 2)
        free(held[i]);
    CHECK(resident() < before + MIB(140));
    CHECK(malloc_trim(0) == 1);
    CHECK(resident() < before + MIB(102));
    for (unsigned i = 1; i < COUNT; i += 2)
        free(held[i]);
    CHECK(resident() < before + MIB(68));
    malloc_trim(0);
    CHECK(malloc_trim(0) == 0);
    CHECK(resident() < before + MIB(1));
}

/* What was freed is little beside what is used: so it stays, until the heap has to grow, and then goes page for
 * page. */
static void what_is_freed_before_the_heap_grows_does_not_count_twice(void)
{
    enum { USED = 4000, COUNT = 1500 };
    static char *used[USED], *low[COUNT], *high[COUNT / 2];
    static void *between[COUNT];
    for (unsigned i = 0; i < USED; i++)
        used[i] = launder(malloc(KIB(100)));
    for (unsigned i = 0; i < COUNT; i++) {
        low[i] = launder(malloc(KIB(20)));
        between[i] = launder(malloc(1));
        memset(low[i], 1, KIB(20));
    }
    size_t before = resident();
    for (unsigned i = 0; i < COUNT; i++)
        free(low[i]);
    CHECK(resident() == before);
    for (unsigned i = 0; i < COUNT / 2; i++) { /* does not fit there */
        high[i] = launder(malloc(KIB(40)));
        memset(high[i], 1, KIB(40));
    }
    CHECK(high[0] > (char *)between[COUNT - 1] && resident() < before + MIB(16));
    for (unsigned i = 0; i < COUNT / 2; i++)
        free(high[i]);
    for (unsigned i = 0; i < COUNT; i++)
        free(between[i]);
    for (unsigned i = 0; i < USED; i++)
        free(used[i]);
}

static void the_same_block_again_costs_no_page_again(void)
{
    char *p = NULL;
    size_t before = 0;
    for (unsigned i = 0; i < 3; i++) {
        p = launder(malloc(MIB(1)));
        memset(p, 1, MIB(1));
        before = resident();
        free(p);
        CHECK(resident() == before);
    }
}

TAP_MAIN(TEST(a_heap_costs_what_is_used_of_it), TEST(a_request_larger_than_4_gib_is_served),
         TEST(a_request_that_nothing_can_serve_is_refused), TEST(success_leaves_errno_alone),
         TEST(a_million_blocks_can_be_live), TEST(calloc_clears_large_blocks),
         TEST(calloc_clears_what_a_fallen_top_has_left), TEST(realloc_keeps_the_contents_of_large_blocks),
         TEST(a_block_that_moves_is_not_in_memory_twice), TEST(free_pages_go_back_to_the_system),
         TEST(what_is_freed_before_the_heap_grows_does_not_count_twice), TEST(the_same_block_again_costs_no_page_again))
