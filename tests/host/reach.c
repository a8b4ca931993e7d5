/* Ranges that are larger than a 16-bit index reaches: as much as it reaches is served, the rest is counted.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "host_port.h"
#include "port.h"
#include "system/system.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 4 << 20 };
static _Alignas(64) char memory[MEMORY];

/* Bytes of a range of `size` that a heap can have. */
static size_t reached(size_t size)
{
    size_t reach = (size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE;
    return CAIRN_INDEX_BITS == 32 || size < reach ? size : reach;
}

/* Does the heap use what the index reaches of `size` bytes, and no byte more? */
static bool serves_all(struct cairn_heap *heap, size_t size)
{
    struct cairn_stats stats;
    size_t reach = reached(size);
    memset(memory + reach, 0x5a, MEMORY - reach);
    cairn_stats(heap, &stats);
    if (!CHECK(stats.left_over == size - reach && stats.size + stats.can_grow == reach))
        return false;
    char *p = launder(cairn_malloc(heap, stats.can_grow));
    if (!CHECK(p != NULL && p + stats.can_grow == memory + reach && cairn_malloc(heap, 1) == NULL))
        return false;
    memset(p, 0xa5, stats.can_grow);
    cairn_free(heap, p);
    for (size_t i = reach; i < MEMORY; i++)
        if (memory[i] != 0x5a)
            return false;
    return all_free(heap);
}

static const size_t sizes[] = {512 << 10, (512 << 10) + 2 * 16, 1 << 20, (1 << 20) + 2 * 16, 4 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void a_private_heap_is_served_up_to_the_reach(void)
{
    for (unsigned i = 0; i < SIZES; i++)
        CHECK(serves_all(cairn_init(memory, sizes[i]), sizes[i]));
}

static void the_system_heap_is_served_up_to_the_reach(void)
{
    for (unsigned i = 0; i < SIZES; i++) {
        memset(&cairn_system_state, 0, sizeof cairn_system_state);
        host_heap_start = memory;
        host_heap_limit = memory + sizes[i];
        if (PORT_MEMORY_IS_CLEAR)
            memset(memory, 0, MEMORY);
        void *p = launder(malloc(100));
        CHECK(p != NULL);
        free(p);
        CHECK(serves_all(cairn_system(), sizes[i]));
    }
}

/* Where the count is kept is overwritten by nothing that a heap does. */
static void the_count_of_what_is_left_over_stays(void)
{
    struct cairn_heap *heap = cairn_init(memory, MEMORY);
    struct cairn_stats stats;
    char *p[40];
    for (unsigned i = 0; i < 40; i++)
        p[i] = launder(cairn_malloc(heap, (i + 1) * CAIRN_GRANULE));
    for (unsigned i = 0; i < 40; i += 2)
        cairn_free(heap, p[i]);
    for (unsigned i = 0; i < 40; i += 2)
        p[i] = launder(cairn_malloc(heap, (i / 2 + 1) * CAIRN_GRANULE));
    cairn_stats(heap, &stats);
    CHECK(stats.left_over == MEMORY - reached(MEMORY) && sound(heap));
    for (unsigned i = 0; i < 40; i++)
        cairn_free(heap, p[i]);
    cairn_stats(heap, &stats);
    CHECK(stats.left_over == MEMORY - reached(MEMORY) && all_free(heap));
}

static void a_heap_that_has_all_of_its_range_leaves_nothing_over(void)
{
    struct cairn_stats stats;
    for (size_t size = 1024; size <= reached(MEMORY); size *= 2) {
        struct cairn_heap *heap = cairn_init(memory, size);
        for (int i = 0; i < 2; i++) {
            cairn_stats(heap, &stats);
            CHECK(stats.left_over == 0);
            cairn_free(heap, launder(cairn_malloc(heap, 100)));
        }
    }
}

TAP_MAIN(TEST(a_private_heap_is_served_up_to_the_reach), TEST(the_system_heap_is_served_up_to_the_reach),
         TEST(the_count_of_what_is_left_over_stays), TEST(a_heap_that_has_all_of_its_range_leaves_nothing_over))
