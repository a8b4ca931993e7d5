/* CAIRN_COUNTS=1: what was asked for, and what was refused.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "hooks.h"
#include "tap.h"

#include <errno.h>

static char who[40]; /* the callers are addresses of its elements */

static struct cairn_counts now(void)
{
    struct cairn_counts counts;
    cairn_read_counts(&counts);
    return counts;
}

static void where_no_heap_can_start_no_byte_is_free(void)
{
    ptrdiff_t all = (ptrdiff_t)room();
    CHECK(sbrk(all) != (void *)-1);
    errno = 0;
    CHECK(malloc(1) == NULL && errno == ENOMEM && cairn_system() == NULL);
    CHECK(hook_failures == 1 && hook_request.size == 1 && hook_largest_free == 0);
    CHECK(now().failures == 1 && now().used == 0 && now().peak == 0);
    CHECK(sbrk(-all) != (void *)-1);
}

static void each_call_counts_as_its_kind(void)
{
    struct cairn_counts before = now();
    char *p = launder(malloc(10));
    char *c = launder(calloc(2, 10));
    char *a = launder(memalign(64, 10));
    p = launder(realloc(p, 100));
    free(c);
    free(a);
    free(NULL);
    struct cairn_counts after = now();
    static const uint32_t calls[5] = {1, 1, 1, 1, 2};
    for (int kind = 0; kind < 5; kind++)
        CHECK(after.calls[kind] - before.calls[kind] == calls[kind]);
    CHECK(after.live_blocks - before.live_blocks == 1 && after.failures == before.failures);
    free(p);
    CHECK(now().live_blocks == before.live_blocks);
}

static void used_and_peak_are_the_heaps_to_the_byte(void)
{
    struct cairn_stats stats;
    void *blocks[10];
    cairn_reset_peak();
    size_t peak = now().peak;
    for (int i = 0; i < 10; i++) {
        blocks[i] = launder(malloc((size_t)i * 9));
        cairn_stats(cairn_system(), &stats);
        CHECK(now().used == stats.used && now().peak == stats.used && stats.used > peak);
        peak = stats.used;
    }
    for (int i = 0; i < 10; i++)
        free(blocks[i]);
    cairn_stats(cairn_system(), &stats);
    CHECK(now().used == stats.used && now().peak == peak);
    cairn_reset_peak();
    CHECK(now().peak == stats.used);
}

static void the_largest_request_is_kept(void)
{
    size_t size = now().largest_request + 50;
    free(launder(malloc(size)));
    CHECK(now().largest_request == size);
    free(launder(malloc(5)));
    CHECK(malloc(SIZE_MAX) == NULL && now().largest_request == size); /* served ones */
}

static void a_failure_is_kept_and_told_to_the_hook(void)
{
    struct cairn_counts before = now();
    unsigned hooks = hook_failures;
    errno = 0;
    CHECK(cairn_malloc_for(&who[1], (size_t)1 << 30) == NULL && errno == ENOMEM);
    struct cairn_counts after = now();
    CHECK(after.failures == before.failures + 1 && hook_failures == hooks + 1);
    CHECK(after.last_failure.size == (size_t)1 << 30 && after.last_failure.alignment == 0);
    CHECK(after.last_failure.caller == &who[1] && hook_request.caller == &who[1]);
    CHECK(cairn_memalign_for(&who[2], 64, SIZE_MAX - 1) == NULL && hook_request.alignment == 64);
    CHECK(cairn_calloc_for(&who[3], SIZE_MAX / 2, 4) == NULL && hook_request.caller == &who[3]);
    char *p = launder(malloc(16));
    CHECK(cairn_realloc_for(&who[4], p, SIZE_MAX / 4) == NULL && hook_request.size == SIZE_MAX / 4);
    CHECK(hook_request.caller == &who[4]);
    free(p);
    CHECK(hook_failures == hooks + 4 && now().failures == before.failures + 4);
}

/* The hook may free: what it frees serves the next request. */
static void the_hook_may_free_memory(void)
{
    size_t most = cairn_largest_free(cairn_system());
    hook_reserve = launder(malloc(most / 2));
    CHECK(malloc(most / 2 + 200) == NULL && hook_reserve == NULL);
    void *p = launder(malloc(most / 2 + 200));
    CHECK(p != NULL);
    free(p);
    CHECK(system_empty());
}

static void the_largest_free_block_is_exact(void)
{
    void *blocks[30];
    for (int i = 0; i < 30; i++)
        blocks[i] = launder(malloc((size_t)(200 + 8 * (i * 7 % 13))));
    size_t left = room();
    void *rest = launder(malloc(left >= 64 ? left - 64 : 0));
    for (int i = 0; i < 30; i += 2)
        free(blocks[i]);
    size_t largest = cairn_largest_free(cairn_system());
    struct count unused = count_blocks(cairn_system(), CAIRN_FREE);
    CHECK(unused.blocks == 15 && largest >= 200 + 8 * 12);
    size_t extra = 2 * sizeof(void *); /* what is kept with each block */
    CHECK(malloc(largest - extra + 1) == NULL);
    CHECK(hook_largest_free == largest);
    void *p = launder(malloc(largest - extra - CAIRN_GRANULE));
    for (int i = 1; i < 30; i += 2)
        free(blocks[i]);
    free(p);
    free(rest);
    CHECK(system_empty());
}

/* Before the heap starts first. */
TAP_MAIN(TEST(where_no_heap_can_start_no_byte_is_free), TEST(each_call_counts_as_its_kind),
         TEST(used_and_peak_are_the_heaps_to_the_byte), TEST(the_largest_request_is_kept),
         TEST(a_failure_is_kept_and_told_to_the_hook), TEST(the_hook_may_free_memory),
         TEST(the_largest_free_block_is_exact))
