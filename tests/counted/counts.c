/* CAIRN_STATS=1, CAIRN_SITES=16: what was asked for, what was refused, and who holds what.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "hooks.h"
#include "tap.h"

#include <errno.h>

static char who[40]; /* addresses of its elements stand for callers */

static struct cairn_counts now(void)
{
    struct cairn_counts counts;
    cairn_read_counts(&counts);
    return counts;
}

static bool site_of(const void *caller, struct cairn_site *site)
{
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, site); n++)
        if (site->caller == caller)
            return true;
    return false;
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

static void a_site_has_its_live_bytes_and_their_peak(void)
{
    struct cairn_site site;
    void *p = launder(cairn_malloc_for(&who[10], 33));
    void *q = launder(cairn_malloc_for(&who[10], 11));
    CHECK(site_of(&who[10], &site) && site.blocks == 2 && site.bytes == 44 && site.peak == 44);
    free(p);
    CHECK(site_of(&who[10], &site) && site.blocks == 1 && site.bytes == 11 && site.peak == 44);
    q = launder(cairn_realloc_for(&who[12], q, 20)); /* it is the other's now */
    CHECK(site_of(&who[10], &site) && site.blocks == 0 && site.bytes == 0);
    CHECK(site_of(&who[12], &site) && site.blocks == 1 && site.bytes == 20);
    CHECK(malloc_usable_size(q) == 20);
    free(q);
}

static __attribute__((noinline)) void *from_here(void)
{
    void *p = launder(malloc(77));
    return launder(p);
}

static void a_plain_call_counts_for_the_address_behind_it(void)
{
    void *p = from_here();
    bool found = false;
    struct cairn_site site;
    for (uint32_t n = 0; cairn_read_site(n, &site); n++)
        if (site.bytes == 77) {
            uintptr_t after = (uintptr_t)site.caller - (uintptr_t)from_here;
            found = after > 0 && after < 100;
        }
    CHECK(found);
    free(p);
}

static void what_finds_no_place_is_summed_up(void)
{
    struct cairn_site others;
    void *blocks[40];
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0 && !cairn_read_site(CAIRN_SITES + 1, &others));
    for (unsigned i = 0; i < 40; i++)
        blocks[i] = launder(cairn_malloc_for(&who[i], 3));
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks >= 40 - CAIRN_SITES &&
          others.bytes == 3 * others.blocks);
    uint32_t placed = 0;
    struct cairn_site site;
    for (uint32_t n = 0; n < CAIRN_SITES; n++)
        if (cairn_read_site(n, &site))
            placed += site.blocks;
    CHECK(placed + others.blocks == 40);
    for (unsigned i = 0; i < 40; i++)
        free(blocks[i]);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0 && others.bytes == 0 && others.peak != 0);
    CHECK(system_empty());
}

static void who_is_not_known_is_summed_up_as_well(void)
{
    struct cairn_site before, others;
    CHECK(cairn_read_site(CAIRN_SITES, &before));
    void *p = launder(cairn_malloc_for(NULL, 5));
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks + 1 &&
          others.bytes == before.bytes + 5);
    free(p);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks && others.bytes == before.bytes);
}

/* The table's sites first, while it has places. */
TAP_MAIN(TEST(who_is_not_known_is_summed_up_as_well), TEST(a_site_has_its_live_bytes_and_their_peak),
         TEST(a_plain_call_counts_for_the_address_behind_it), TEST(each_call_counts_as_its_kind),
         TEST(used_and_peak_are_the_heaps_to_the_byte), TEST(the_largest_request_is_kept),
         TEST(a_failure_is_kept_and_told_to_the_hook), TEST(the_hook_may_free_memory),
         TEST(the_largest_free_block_is_exact), TEST(what_finds_no_place_is_summed_up))
