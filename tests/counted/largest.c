/* cairn_largest_free() of a heap whose lists an interrupt changes meanwhile: it ends, and stays in the heap.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 1024, SIZE = 6 * CAIRN_GRANULE };
static _Alignas(16) char memory[MEMORY];
static struct cairn_heap *heap;

/* Used ones with three free ones between them, all of one bin; and what is above the top, less. */
static struct granule *make_heap(void)
{
    char *p[3];
    memset(memory, 0, MEMORY);
    heap = cairn_init(memory, MEMORY);
    for (int i = 0; i < 3; i++) {
        p[i] = launder(cairn_malloc(heap, SIZE));
        CHECK(p[i] != NULL && cairn_malloc(heap, 1) != NULL);
    }
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    CHECK(cairn_malloc(heap, stats.can_grow) != NULL);
    for (int i = 0; i < 3; i++)
        cairn_free(heap, p[i]);
    CHECK(cairn_largest_free(heap) == SIZE);
    return (struct granule *)(void *)p[2]; /* the first of its ring */
}

static void a_list_that_leads_to_a_used_block_ends_there(void)
{
    struct granule *first = make_heap();
    first->next = (link_t)(heap_granule_index(heap, first) + SIZE / CAIRN_GRANULE);
    CHECK(cairn_largest_free(heap) == SIZE);
}

static void a_list_that_leads_out_of_the_heap_ends_there(void)
{
    make_heap()->next = heap->limit;
    CHECK(cairn_largest_free(heap) == SIZE);
}

static void a_list_that_goes_round_ends(void)
{
    struct granule *first = make_heap();
    first->next = (link_t)heap_granule_index(heap, first);
    CHECK(cairn_largest_free(heap) == SIZE);
}

TAP_MAIN(TEST(a_list_that_leads_to_a_used_block_ends_there), TEST(a_list_that_leads_out_of_the_heap_ends_there),
         TEST(a_list_that_goes_round_ends))
