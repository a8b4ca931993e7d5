/* Heaps as large as the index reaches, or as large as it takes to use the bins of the largest sizes.
 *
 * SPDX-License-Identifier: MIT */
#include "core/heap.h"
#include "tap.h"

#include <stddef.h>

/* An index of 16 bits reaches 2^16 granules. With 32, bins from 2^16 granules on are in the set's second half. */
enum { MEMORY = CAIRN_INDEX_BITS == 16 ? 0x10000 * CAIRN_GRANULE : 0x80000 * 8 };
static _Alignas(16) char memory[MEMORY];

static void a_small_request_is_served_from_a_block_of_the_largest_bin(void)
{
    struct cairn_heap *heap = cairn_init(memory, MEMORY);
    CHECK(heap != NULL);
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    size_t size = stats.can_grow - CAIRN_GRANULE;
    char *large = cairn_malloc(heap, size);
    void *above = cairn_malloc(heap, CAIRN_GRANULE);
    CHECK(large != NULL && above != NULL);
    cairn_free(heap, large);
    CHECK(bin_first(heap->nonempty) == bin_of((index_t)(size / CAIRN_GRANULE)));
    for (size_t granules = 1; granules < 3000; granules += 1 + granules / 2) {
        void *p = cairn_malloc(heap, granules * CAIRN_GRANULE);
        CHECK(p == large + size - granules * CAIRN_GRANULE); /* its high end */
        CHECK(cairn_check(heap, NULL) == 0);
        cairn_free(heap, p);
    }
    CHECK(cairn_malloc(heap, size) == large);
    CHECK(cairn_check(heap, NULL) == 0);
}

TAP_MAIN(TEST(a_small_request_is_served_from_a_block_of_the_largest_bin))
