/* cairn_largest_free(): of all free blocks, whatever their size; and of a heap whose lists an interrupt changes
 * meanwhile: it ends, and stays in the heap.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 1024, SIZE = 6 * CAIRN_GRANULE, LARGEST = SIZE + CAIRN_GRANULE };

/* What lies around the heap is the test's as well. */
static struct {
    _Alignas(16) char before[64];
    _Alignas(16) char memory[MEMORY];
    char after[MEMORY];
} ram;
static struct cairn_heap *heap;

static void make_empty_heap(void)
{
    memset(&ram, 0, sizeof ram);
    heap = cairn_init(ram.memory, MEMORY);
}

/* A used block takes all that is above the top. */
static void fill_up(void)
{
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    CHECK(cairn_malloc(heap, stats.can_grow) != NULL);
}

/* Used ones with three free ones between them, all of one bin, of which the largest is the last of the ring; and nothing
 * above the top. */
static struct granule *make_heap(void)
{
    char *p[3];
    make_empty_heap();
    for (int i = 0; i < 3; i++) {
        p[i] = launder(cairn_malloc(heap, i == 0 ? LARGEST : SIZE));
        CHECK(p[i] != NULL && cairn_malloc(heap, CAIRN_GRANULE) != NULL);
    }
    fill_up();
    for (int i = 0; i < 3; i++)
        cairn_free(heap, p[i]);
    CHECK(cairn_largest_free(heap) == LARGEST);
    return (struct granule *)(void *)p[2]; /* the first of its ring */
}

static void the_largest_of_a_ring_need_not_be_its_first(void)
{
    struct granule *first = make_heap();
    CHECK(first->size == SIZE / CAIRN_GRANULE && cairn_largest_free(heap) == LARGEST);
}

static void the_only_free_block_is_the_largest(void)
{
    for (size_t n = 1; n <= 40; n++) {
        make_empty_heap();
        void *p = launder(cairn_malloc(heap, n * CAIRN_GRANULE));
        CHECK(p != NULL && cairn_largest_free(heap) == cairn_free_bytes(heap));
        fill_up();
        CHECK(cairn_largest_free(heap) == 0);
        cairn_free(heap, p);
        CHECK(cairn_largest_free(heap) == n * CAIRN_GRANULE);
    }
}

/* Of no bin could there be two such blocks. */
static void a_free_block_of_half_the_heap_is_the_largest(void)
{
    make_empty_heap();
    size_t size = CAIRN_GRANULE;
    while (2 * size <= (size_t)heap->limit * CAIRN_GRANULE)
        size *= 2;
    void *p = launder(cairn_malloc(heap, size));
    CHECK(p != NULL);
    fill_up();
    cairn_free(heap, p);
    CHECK(cairn_largest_free(heap) == size);
}

/* Whatever bytes its owner has written there. */
static void a_list_that_leads_to_a_used_block_ends_there(void)
{
    struct granule *first = make_heap();
    struct granule *used = first + SIZE / CAIRN_GRANULE, *last = heap_granule(heap, heap_blocks_begin(heap));
    CHECK(last->size == LARGEST / CAIRN_GRANULE);
    *used = (struct granule){.next = (link_t)heap_granule_index(heap, last), .size = 100};
    first->next = (link_t)heap_granule_index(heap, used);
    CHECK(cairn_largest_free(heap) == SIZE);
}

/* Whatever is there, and where its bits in the map would be. */
static void a_list_that_leads_out_of_the_heap_ends_there(void)
{
    make_heap()->next = heap->limit;
    CHECK(cairn_largest_free(heap) == SIZE);
    make_heap()->next = (link_t)-1; /* where there may be no memory: with an index of 32 bits it is far */
    CHECK(cairn_largest_free(heap) == SIZE);
    index_t tile = heap->limit / TILE_GRANULES + 2u, outside = tile * TILE_GRANULES;
    make_heap()->next = (link_t)outside;
    *((struct tile *)(void *)heap - tile) = (struct tile){.bound = 0xffffffffu};
    *heap_granule(heap, outside) = (struct granule){.size = 100};
    CHECK(map_is_free(heap, outside) && cairn_largest_free(heap) == SIZE);
}

static void a_list_that_goes_round_ends(void)
{
    struct granule *first = make_heap();
    first->next = (link_t)heap_granule_index(heap, first);
    CHECK(cairn_largest_free(heap) == SIZE);
}

TAP_MAIN(TEST(the_largest_of_a_ring_need_not_be_its_first), TEST(the_only_free_block_is_the_largest),
         TEST(a_free_block_of_half_the_heap_is_the_largest), TEST(a_list_that_leads_to_a_used_block_ends_there),
         TEST(a_list_that_leads_out_of_the_heap_ends_there), TEST(a_list_that_goes_round_ends))
