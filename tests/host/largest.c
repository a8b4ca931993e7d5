/* Heaps as large as the index reaches, or as large as it takes to use the bins of the largest sizes.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 16 bits reach 2^16 granules. With 32, bins from 2^16 granules on are in the set's second half. */
enum { MEMORY = CAIRN_INDEX_BITS == 16 ? 0x80000 : 0x80000 * 8 };
static _Alignas(16) char memory[MEMORY];

static void a_small_request_is_served_from_a_block_of_the_largest_bin(void **state)
{
    (void)state;
    struct cairn_heap *heap = cairn_init(memory, MEMORY);
    assert_non_null(heap);
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    char *large = cairn_malloc(heap, stats.can_grow - CAIRN_GRANULE);
    void *above = cairn_malloc(heap, CAIRN_GRANULE);
    assert_true(large != NULL && above != NULL);
    cairn_free(heap, large);
    assert_int_equal(bin_first(heap->nonempty), bin_of(heap->limit));
    for (size_t granules = 1; granules < 3000; granules += 1 + granules / 2) {
        void *p = cairn_malloc(heap, granules * CAIRN_GRANULE);
        assert_ptr_equal(p, large);
        assert_int_equal(cairn_check(heap, NULL), 0);
        cairn_free(heap, p);
    }
    assert_ptr_equal(cairn_malloc(heap, stats.can_grow - CAIRN_GRANULE), large);
    assert_int_equal(cairn_check(heap, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_request_is_served_from_a_block_of_the_largest_bin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
