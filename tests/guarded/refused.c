/* CAIRN_CHECK=2: what is refused, and what does nothing, as without it.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>

enum { ROOM = 4000 };
static _Alignas(64) char memory[1024];

static void the_break_moves_before_the_heap_starts(void)
{
    CHECK(keep_room(ROOM) != NULL && cairn_system() == NULL);
    char *brk = sbrk(100);
    CHECK(sbrk(-100) == brk + 100 && sbrk(0) == brk && cairn_system() == NULL);
}

static void the_break_does_not_fall_into_the_heap(void)
{
    char *p = launder(malloc(40));
    char *brk = sbrk(0);
    fill(p, 40, 1);
    errno = 0;
    CHECK(sbrk(-8) == (void *)-1 && errno == ENOMEM && sbrk(0) == brk);
    CHECK(filled(p, 40, 1));
    free(p);
    CHECK(system_empty());
}

static void realloc_refuses_what_is_too_large(void)
{
    char *p = launder(malloc(40));
    void *above = launder(malloc(8));
    fill(p, 40, 2);
    errno = 0;
    CHECK(realloc(p, SIZE_MAX) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(realloc(p, 2 * ROOM) == NULL && errno == ENOMEM);
    CHECK(filled(p, 40, 2) && malloc_usable_size(p) == 40);
    free(p);
    free(above);
    CHECK(system_empty());
}

static void memory_for_dma_refuses_what_is_too_large(void)
{
    for (size_t less = 0; less < 3 * CAIRN_CACHE_LINE; less += CAIRN_CACHE_LINE / 2) {
        errno = 0;
        CHECK(cairn_dma_alloc(SIZE_MAX - less) == NULL && errno == ENOMEM);
    }
}

/* There is room elsewhere: in a region. */
static void realloc_moves_to_a_region(void)
{
    CHECK(cairn_add_region(memory, sizeof memory, CAIRN_EXTERNAL) == CAIRN_REGION_ADDED);
    char *p = launder(malloc(40));
    void *above = launder(malloc(8));
    fill(p, 40, 3);
    void **list = NULL;
    for (void **q; (q = cairn_malloc_in(CAIRN_DMA, 300)) != NULL; list = q) /* the system heap is */
        *q = list;
    p = launder(realloc(p, 500));
    CHECK((uintptr_t)p - (uintptr_t)memory < sizeof memory && filled(p, 40, 3));
    free(p);
    free(above);
    while (list != NULL) {
        void **next = *list;
        free(list);
        list = next;
    }
    CHECK(system_empty() && all_free(cairn_region(0, NULL)));
}

static void a_private_heap_refuses_the_same(void)
{
    static _Alignas(64) char pool[1024];
    CHECK(cairn_init(pool, CAIRN_GRANULE) == NULL);
    struct cairn_heap *heap = cairn_init(pool, sizeof pool);
    CHECK(heap != NULL && cairn_usable_size(heap, NULL) == 0);
    cairn_free(heap, NULL);
    char *p = launder(cairn_realloc(heap, NULL, 30));
    CHECK(p != NULL && cairn_usable_size(heap, p) == 30);
    CHECK(cairn_malloc(heap, sizeof pool) == NULL && cairn_malloc(heap, SIZE_MAX) == NULL);
    CHECK(cairn_calloc(heap, SIZE_MAX / 2, 3) == NULL && cairn_calloc(heap, 2, sizeof pool) == NULL);
    CHECK(cairn_aligned_alloc(heap, 0, 8) == NULL && cairn_aligned_alloc(heap, 24, 8) == NULL);
    CHECK(cairn_aligned_alloc(heap, 64, SIZE_MAX - 8) == NULL && cairn_aligned_alloc(heap, 64, sizeof pool) == NULL);
    CHECK(cairn_usable_size(heap, p) == 30 && sound(heap));
    cairn_free(heap, p);
    CHECK(all_free(heap));
}

TAP_MAIN(TEST(the_break_moves_before_the_heap_starts), TEST(the_break_does_not_fall_into_the_heap),
         TEST(realloc_refuses_what_is_too_large), TEST(memory_for_dma_refuses_what_is_too_large),
         TEST(realloc_moves_to_a_region), TEST(a_private_heap_refuses_the_same))
