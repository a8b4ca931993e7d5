/* The malloc family over several ranges of RAM: where blocks come from, and that each finds its way back.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "tap.h"

#include <errno.h>

enum { SIZE = 1280, BLOCK = 64 };
static _Alignas(64) char near[SIZE], far[SIZE], kept[SIZE];

enum { COLOUR = CAIRN_FIRST_USER, TASTE = CAIRN_FIRST_USER << 1 };

static bool within(const void *p, const char *memory)
{
    return (uintptr_t)p - (uintptr_t)memory < SIZE;
}

static bool in_system(const void *p)
{
    return p != NULL && !within(p, near) && !within(p, far) && !within(p, kept);
}

/* A block of the system heap; NULL if it has no room. */
static void *take_system(size_t size)
{
    void *p = launder(malloc(size));
    if (in_system(p))
        return p;
    free(p);
    return NULL;
}

/* Take all that the system heap has. The list of blocks is in the blocks. */
static void *fill_system(void)
{
    void **last = NULL;
    for (size_t size = room(); size >= sizeof last; size /= 2)
        for (void **p; (p = take_system(size)) != NULL; last = p)
            *p = last;
    return last;
}

static void free_list(void *list)
{
    while (list != NULL) {
        void *next = *(void **)list;
        free(list);
        list = next;
    }
}

static bool regions_empty(void)
{
    for (uint32_t n = 0; n < 3; n++)
        if (!all_free(cairn_region(n, NULL)) || !sound(cairn_region(n, NULL)))
            return false;
    return true;
}

static void regions_are_added_in_order(void)
{
    void *p = launder(malloc(1)); /* the system heap has started */
    uint32_t attributes = 0;
    CHECK(cairn_region(0, &attributes) == NULL && attributes == 0);
    CHECK(cairn_add_region(near, SIZE, CAIRN_FAST) == CAIRN_REGION_ADDED);
    CHECK(cairn_add_region(kept, SIZE, CAIRN_DMA | CAIRN_ON_REQUEST | TASTE) == CAIRN_REGION_ADDED);
    CHECK(cairn_add_region(far, SIZE, CAIRN_EXTERNAL | COLOUR) == CAIRN_REGION_ADDED);
    CHECK(within(cairn_region(0, &attributes), near) && attributes == CAIRN_FAST);
    CHECK(within(cairn_region(1, NULL), kept));
    CHECK(within(cairn_region(2, &attributes), far) && attributes == (CAIRN_EXTERNAL | COLOUR));
    CHECK(cairn_region(3, NULL) == NULL);
    CHECK(regions_empty());
    free(p);
}

static void malloc_takes_from_the_system_heap_first(void)
{
    void *p = launder(malloc(BLOCK));
    CHECK(in_system(p));
    free(p);
}

static void malloc_falls_back_in_order_but_not_to_what_is_on_request(void)
{
    void *list = fill_system();
    void *all = NULL;
    uint32_t turns = 0;
    bool far_began = false;
    for (void **p; (p = launder(malloc(BLOCK))) != NULL; all = p, turns++) {
        far_began = far_began || within(p, far);
        CHECK(within(p, far_began ? far : near));
        CHECK(malloc_usable_size(p) == BLOCK);
        *p = all;
    }
    CHECK(far_began && turns > 2 * SIZE / bytes_of_block(BLOCK) / 2 && errno == ENOMEM);
    CHECK(all_free(cairn_region(1, NULL)));
    struct cairn_stats stats;
    cairn_stats(cairn_region(0, NULL), &stats);
    CHECK(stats.used != 0 && stats.used % bytes_of_block(BLOCK) == 0);
    CHECK(stats.can_grow + stats.free < bytes_of_block(BLOCK));
    free_list(all);
    CHECK(regions_empty());
    free_list(list);
    CHECK(system_empty());
}

static void a_request_by_attributes_gets_all_of_them_or_nothing(void)
{
    struct {
        uint32_t attributes;
        const char *memory;
    } cases[] = {{CAIRN_FAST, near},
                 {CAIRN_EXTERNAL, far},
                 {COLOUR, far},
                 {TASTE, kept},
                 {CAIRN_ON_REQUEST, kept},
                 {CAIRN_DMA | TASTE, kept},
                 {CAIRN_EXTERNAL | COLOUR, far}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *p = launder(cairn_malloc_in(cases[i].attributes, BLOCK));
        CHECK(within(p, cases[i].memory));
        free(p);
    }
    errno = 0;
    CHECK(cairn_malloc_in(CAIRN_FAST | CAIRN_EXTERNAL, 1) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(cairn_malloc_in(CAIRN_FAST, SIZE) == NULL && errno == ENOMEM);
    static const size_t too_large[] = {SIZE_MAX, SIZE_MAX - CAIRN_GRANULE, (size_t)PTRDIFF_MAX + 1, HEAP_MAX_REQUEST};
    static const uint32_t kinds[] = {0, CAIRN_FAST, CAIRN_DMA, CAIRN_DMA | TASTE};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++) {
            errno = 0;
            CHECK(cairn_malloc_in(kinds[k], too_large[i]) == NULL && errno == ENOMEM);
        }
    void *p = launder(cairn_malloc_in(CAIRN_DMA, BLOCK)); /* CAIRN_SYSTEM_ATTRIBUTES */
    void *q = launder(cairn_malloc_in(0, 0));
    CHECK(in_system(p) && in_system(q) && malloc_usable_size(q) == usable_bytes(0));
    void *list = fill_system();
    void *r = launder(cairn_malloc_in(CAIRN_DMA, BLOCK));
    CHECK(within(r, kept));
    free_list(list);
    free(p);
    free(q);
    free(r);
    CHECK(regions_empty() && system_empty());
}

static void realloc_stays_in_the_region_while_there_is_room(void)
{
    char *p = launder(cairn_malloc_in(CAIRN_EXTERNAL, BLOCK));
    char *q = launder(cairn_malloc_in(CAIRN_EXTERNAL, BLOCK));
    fill(p, BLOCK, 1);
    p = launder(realloc(p, 2 * BLOCK));
    CHECK(within(p, far) && filled(p, BLOCK, 1) && malloc_usable_size(p) == 2 * BLOCK);
    p = launder(realloc(p, BLOCK / 2));
    CHECK(within(p, far) && filled(p, BLOCK / 2, 1) && malloc_usable_size(p) == BLOCK / 2);
    errno = 0;
    CHECK(realloc(p, SIZE_MAX) == NULL && errno == ENOMEM && filled(p, BLOCK / 2, 1));
    free(p);
    free(q);
    CHECK(regions_empty());
}

static void realloc_then_moves_as_malloc_would(void)
{
    char *p = launder(cairn_malloc_in(CAIRN_FAST, SIZE / 4));
    char *q = launder(cairn_malloc_in(CAIRN_FAST, SIZE / 4));
    fill(p, SIZE / 4, 2);
    p = launder(realloc(p, SIZE / 2));
    CHECK(in_system(p) && filled(p, SIZE / 4, 2));
    free(p);
    void *list = fill_system();
    fill(q, SIZE / 4, 3);
    void *r = launder(cairn_malloc_in(CAIRN_FAST, SIZE / 4)); /* in p's place */
    void *s = launder(cairn_malloc_in(CAIRN_FAST, SIZE / 4)); /* above q */
    q = launder(realloc(q, SIZE / 2));
    CHECK(within(q, far) && filled(q, SIZE / 4, 3));
    CHECK(realloc(q, SIZE) == NULL && filled(q, SIZE / 4, 3));
    free_list(list);
    q = launder(realloc(q, SIZE)); /* and back */
    CHECK(in_system(q) && filled(q, SIZE / 4, 3));
    free(q);
    free(r);
    free(s);
    CHECK(regions_empty() && system_empty());
}

static void what_was_on_request_keeps_its_attributes(void)
{
    char *p = launder(cairn_malloc_in(TASTE, SIZE / 4));
    char *q = launder(cairn_malloc_in(TASTE, SIZE / 4));
    fill(p, SIZE / 4, 4);
    errno = 0;
    CHECK(realloc(p, SIZE / 2) == NULL && errno == ENOMEM); /* no other RAM has them */
    CHECK(filled(p, SIZE / 4, 4) && malloc_usable_size(p) == SIZE / 4);
    free(q);
    p = launder(realloc(p, SIZE / 2));
    CHECK(within(p, kept) && filled(p, SIZE / 4, 4));
    free(p);
    CHECK(regions_empty());
}

static void aligned_blocks_fall_back_as_well(void)
{
    void *list = fill_system();
    for (size_t alignment = 16; alignment <= 128; alignment *= 2) {
        void *p = launder(memalign(alignment, 40));
        CHECK(within(p, near) && aligned(p, alignment));
        CHECK(sound(cairn_region(0, NULL)));
        free(p);
        CHECK(regions_empty());
    }
    char *c = launder(calloc(5, 20));
    CHECK(within(c, near) && all_zero(c, 100));
    free(c);
    free_list(list);
    CHECK(regions_empty() && system_empty());
}

/* Neither another block nor metadata shares a line: the lines of the region's blocks are disjoint. */
static void dma_memory_has_its_cache_lines_to_itself(void)
{
    for (size_t size = 0; size <= 100; size += 5) {
        void *odd = launder(malloc(CAIRN_GRANULE));
        char *p = launder(cairn_dma_alloc(size));
        char *q = launder(cairn_dma_alloc(size));
        CHECK(in_system(p) && in_system(q));
        CHECK(aligned(p, CAIRN_CACHE_LINE) && aligned(q, CAIRN_CACHE_LINE));
        CHECK(malloc_usable_size(p) >= size && malloc_usable_size(p) != 0);
        CHECK(malloc_usable_size(p) % CAIRN_CACHE_LINE == 0 && malloc_usable_size(q) == malloc_usable_size(p));
        struct count used = count_blocks(cairn_system(), CAIRN_USED);
        CHECK(used.bytes == bytes_of_block(CAIRN_GRANULE) + 2 * bytes_of_block(malloc_usable_size(p)));
        fill(p, malloc_usable_size(p), 5);
        CHECK(sound(cairn_system()));
        free(p);
        free(q);
        free(odd);
    }
    CHECK(system_empty());
    errno = 0;
    CHECK(cairn_dma_alloc(SIZE_MAX) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(cairn_dma_alloc(SIZE_MAX - CAIRN_CACHE_LINE) == NULL && errno == ENOMEM);
    for (size_t less = 0; less < CAIRN_CACHE_LINE; less += 7) { /* the index reaches it, but not its last line */
        errno = 0;
        CHECK(cairn_dma_alloc(HEAP_MAX_REQUEST - less) == NULL && errno == ENOMEM);
    }
    void *list = fill_system();
    char *p = launder(cairn_dma_alloc(33));
    CHECK(within(p, kept) && aligned(p, CAIRN_CACHE_LINE));
    CHECK(malloc_usable_size(p) == (33 + CAIRN_CACHE_LINE - 1) / CAIRN_CACHE_LINE * CAIRN_CACHE_LINE);
    CHECK(cairn_dma_alloc(SIZE) == NULL && regions_empty() == false);
    free(p);
    free_list(list);
    CHECK(regions_empty() && system_empty());
}

TAP_MAIN(TEST(regions_are_added_in_order), TEST(malloc_takes_from_the_system_heap_first),
         TEST(malloc_falls_back_in_order_but_not_to_what_is_on_request),
         TEST(a_request_by_attributes_gets_all_of_them_or_nothing),
         TEST(realloc_stays_in_the_region_while_there_is_room), TEST(realloc_then_moves_as_malloc_would),
         TEST(what_was_on_request_keeps_its_attributes), TEST(aligned_blocks_fall_back_as_well),
         TEST(dma_memory_has_its_cache_lines_to_itself))
