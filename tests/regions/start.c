/* Requests before the system heap has started, and where it cannot.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>

enum { SIZE = 512, BLOCK = 40 };
static _Alignas(64) char memory[SIZE];

static bool in_region(const void *p)
{
    return (uintptr_t)p - (uintptr_t)memory < SIZE;
}

static void nothing_is_served_without_any_memory(void)
{
    CHECK(sbrk((ptrdiff_t)room()) != (void *)-1 && room() == 0);
    errno = 0;
    CHECK(launder(cairn_malloc_in(CAIRN_DMA, BLOCK)) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(launder(malloc(BLOCK)) == NULL && errno == ENOMEM);
    CHECK(cairn_system() == NULL);
}

static void regions_serve_without_a_system_heap(void)
{
    CHECK(cairn_add_region(memory, SIZE, CAIRN_DMA) == CAIRN_REGION_ADDED);
    void *p = launder(malloc(BLOCK));
    void *q = launder(cairn_malloc_in(CAIRN_DMA, BLOCK));
    void *r = launder(calloc(1, BLOCK));
    CHECK(in_region(p) && in_region(q) && in_region(r));
    p = launder(realloc(p, 2 * BLOCK));
    CHECK(in_region(p) && cairn_system() == NULL);
    free(p);
    free(q);
    free(r);
    CHECK(all_free(cairn_region(0, NULL)));
}

static void a_request_by_attributes_starts_the_system_heap(void)
{
    char *start = sbrk(0);
    CHECK(sbrk(-1024) == start && cairn_system() == NULL);
    void *p = launder(cairn_malloc_in(CAIRN_DMA, BLOCK)); /* CAIRN_SYSTEM_ATTRIBUTES */
    CHECK(p != NULL && !in_region(p) && cairn_system() != NULL && sound(cairn_system()));
    free(p);
    CHECK(system_empty());
}

TAP_MAIN(TEST(nothing_is_served_without_any_memory), TEST(regions_serve_without_a_system_heap),
         TEST(a_request_by_attributes_starts_the_system_heap))
