/* Private heaps: where they can be made, that they keep to their memory, and what they give.
 *
 * The memory comes from sbrk(): the region is the largest piece that every board has.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <string.h>

enum { GUARD = 0xA5, MARGIN = 32 };

static char *memory; /* 8 KiB */
enum { MEMORY = 4096 };

static void there_is_memory_to_try(void)
{
    memory = sbrk(MEMORY);
    CHECK(memory != (void *)-1);
    memory += -(uintptr_t)memory % CAIRN_GRANULE;
}

static bool untouched(const char *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)from[i] != GUARD)
            return false;
    return true;
}

static void no_heap_is_made_where_none_fits(void)
{
    CHECK(cairn_init(NULL, 4096) == NULL);
    CHECK(cairn_init(NULL, 0) == NULL);
    CHECK(cairn_init(memory, 0) == NULL);
    CHECK(cairn_init(memory, CAIRN_GRANULE) == NULL);
    CHECK(cairn_init(memory, SIZE_MAX) == NULL);
    CHECK(cairn_init((void *)(UINTPTR_MAX - 4095), 4097) == NULL);
    CHECK(cairn_init((void *)(UINTPTR_MAX - 4095), SIZE_MAX) == NULL);
}

/* Rounded inwards, their ends would cross, or pass the end of the address space. */
static void no_heap_is_made_where_there_is_no_whole_granule(void)
{
    CHECK(cairn_init((void *)UINTPTR_MAX, 0) == NULL); /* as sbrk() refuses */
    for (size_t below = 1; below <= 2 * CAIRN_GRANULE; below++)
        for (size_t size = 0; size <= below; size++)
            CHECK(cairn_init((void *)((uintptr_t)0 - below), size) == NULL);
    for (uintptr_t start = 0x11; start < 0x11 + CAIRN_GRANULE; start++)
        for (size_t size = 0; size < CAIRN_GRANULE; size++)
            CHECK(cairn_init((void *)start, size) == NULL);
}

/* Fill the heap to the last granule, free everything, and see that all is one block again. */
static void use_up(struct cairn_heap *heap)
{
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    CHECK(stats.used == 0 && stats.free + stats.can_grow >= CAIRN_GRANULE);
    size_t free_bytes = stats.free + stats.can_grow;
    char *first = NULL;
    for (char *p; (p = launder(cairn_malloc(heap, 1 + free_bytes / 9))) != NULL; first = p) {
        fill(p, cairn_usable_size(heap, p), 3);
        memcpy(p, &first, sizeof first < CAIRN_GRANULE ? sizeof first : CAIRN_GRANULE);
    }
    CHECK(first != NULL && sound(heap));
    while (first != NULL) {
        char *next;
        memcpy(&next, first, sizeof next);
        cairn_free(heap, first);
        first = launder(next);
    }
    CHECK(all_free(heap));
    char *whole = launder(cairn_malloc(heap, free_bytes));
    CHECK(whole != NULL && cairn_usable_size(heap, whole) == free_bytes);
    fill(whole, free_bytes, 4);
    cairn_free(heap, whole);
    CHECK(all_free(heap));
}

static void a_heap_of_any_small_size_works_or_is_refused_and_keeps_to_its_memory(void)
{
    size_t smallest = 0;
    for (size_t size = 0; size <= 600; size++) {
        memset(memory, GUARD, size + 2 * MARGIN);
        struct cairn_heap *heap = cairn_init(memory + MARGIN, size);
        if (heap == NULL) {
            CHECK(smallest == 0); /* none above the smallest is refused */
            CHECK(untouched(memory, size + 2 * MARGIN));
            continue;
        }
        smallest = smallest != 0 ? smallest : size;
        CHECK((char *)heap >= memory + MARGIN && (char *)heap < memory + MARGIN + size);
        use_up(heap);
        CHECK(untouched(memory, MARGIN) && untouched(memory + MARGIN + size, MARGIN));
    }
    CHECK(smallest != 0 && smallest <= 128);
    tap_comment_number("smallest heap, bytes:", smallest);
}

static void memory_need_not_be_aligned(void)
{
    for (size_t offset = 0; offset < 2 * CAIRN_GRANULE; offset++)
        for (size_t cut = 0; cut < CAIRN_GRANULE; cut += 3) {
            size_t size = 500 - cut;
            memset(memory, GUARD, 2 * MARGIN + 600);
            struct cairn_heap *heap = cairn_init(memory + MARGIN + offset, size);
            CHECK(heap != NULL && aligned(heap, CAIRN_GRANULE));
            use_up(heap);
            CHECK(untouched(memory, MARGIN + offset) && untouched(memory + MARGIN + offset + size, MARGIN));
        }
}

static void heaps_of_many_sizes_use_almost_all_of_their_memory(void)
{
    for (size_t size = 600; size <= MEMORY - 2 * MARGIN - CAIRN_GRANULE; size += 97) {
        memset(memory, GUARD, size + 2 * MARGIN);
        struct cairn_heap *heap = cairn_init(memory + MARGIN, size);
        CHECK(heap != NULL);
        use_up(heap);
        CHECK(untouched(memory, MARGIN) && untouched(memory + MARGIN + size, MARGIN));
        struct cairn_stats stats;
        cairn_stats(heap, &stats);
        /* Of some sizes a granule is left over: it would need a tile of its own in the map. */
        CHECK(stats.size + stats.can_grow <= size && size - stats.size - stats.can_grow < 3 * CAIRN_GRANULE);
    }
}

static void the_largest_heap_works(void)
{
    char *more = sbrk((ptrdiff_t)room());
    size_t size = (size_t)(port_heap_limit() - memory);
    if (size < 0x80000)
        tap_comment_number("this board has less RAM than an index reaches, bytes:", size);
    struct cairn_heap *heap = cairn_init(memory, size);
    CHECK(more != (void *)-1 && heap != NULL);
    use_up(heap);
}

static void every_function_exists_for_a_private_heap(void)
{
    struct cairn_heap *heap = cairn_init(memory, 4096);
    char *p = launder(cairn_malloc(heap, 0));
    char *q = launder(cairn_malloc(heap, 0));
    CHECK(p != NULL && q != NULL && p != q);
    cairn_free(heap, NULL);
    char *r = launder(cairn_malloc(heap, 100));
    fill(r, 100, 1);
    cairn_free(heap, r);
    r = launder(cairn_calloc(heap, 5, 20));
    CHECK(r != NULL && all_zero(r, 100));
    char *s = launder(cairn_aligned_alloc(heap, 256, 40));
    CHECK(s != NULL && aligned(s, 256) && sound(heap));
    CHECK(cairn_aligned_alloc(heap, 0, 40) == NULL && cairn_aligned_alloc(heap, 24, 40) == NULL);
    fill(r, 100, 2);
    r = launder(cairn_realloc(heap, r, 900));
    CHECK(r != NULL && filled(r, 100, 2) && cairn_usable_size(heap, r) >= 900);
    r = launder(cairn_realloc(heap, r, 0));
    CHECK(r != NULL && cairn_usable_size(heap, r) == CAIRN_GRANULE);
    char *t = launder(cairn_realloc(heap, NULL, 10));
    CHECK(t != NULL && cairn_usable_size(heap, NULL) == 0 && sound(heap));
    cairn_free(heap, t);
    cairn_free(heap, s);
    cairn_free(heap, r);
    cairn_free(heap, q);
    cairn_free(heap, p);
    CHECK(all_free(heap));
}

static void realloc_in_a_private_heap_goes_in_all_directions(void)
{
    struct cairn_heap *heap = cairn_init(memory, 4096);
    char *a = launder(cairn_malloc(heap, 160));
    char *b = launder(cairn_malloc(heap, 320));
    char *c = launder(cairn_malloc(heap, 160));
    char *d = launder(cairn_malloc(heap, 16));
    fill(b, 320, 5);
    cairn_free(heap, c);
    CHECK(launder(cairn_realloc(heap, b, 400)) == b && filled(b, 320, 5)); /* up */
    CHECK(launder(cairn_realloc(heap, b, 320)) == b && filled(b, 320, 5)); /* and back */
    cairn_free(heap, a);
    char *down = launder(cairn_realloc(heap, b, 600));
    CHECK(down == a && filled(down, 320, 5) && sound(heap));
    char *away = launder(cairn_realloc(heap, down, 1200));
    CHECK(away > d && filled(away, 320, 5) && sound(heap));
    CHECK(launder(cairn_realloc(heap, away, 4000)) == NULL && filled(away, 320, 5) && sound(heap));
    cairn_free(heap, away);
    cairn_free(heap, d);
    CHECK(all_free(heap));
}

/* The free block above is not taken out and put back, which would make it the first of its bin. */
static void realloc_to_the_same_size_in_a_private_heap_leaves_the_free_blocks_in_their_order(void)
{
    struct cairn_heap *heap = cairn_init(memory, 4096);
    char *p = launder(cairn_malloc(heap, 320));
    char *above = launder(cairn_malloc(heap, 160));
    char *apart = launder(cairn_malloc(heap, 16));
    char *other = launder(cairn_malloc(heap, 160));
    char *last = launder(cairn_malloc(heap, 16));
    cairn_free(heap, above);
    cairn_free(heap, other);
    CHECK(launder(cairn_realloc(heap, p, 320)) == p);
    CHECK(launder(cairn_malloc(heap, 160)) == other && launder(cairn_malloc(heap, 160)) == above);
    cairn_free(heap, other);
    cairn_free(heap, above);
    cairn_free(heap, last);
    cairn_free(heap, apart);
    cairn_free(heap, p);
    CHECK(all_free(heap));
}

static void two_heaps_do_not_know_each_other(void)
{
    struct cairn_heap *low = cairn_init(memory, 1000);
    struct cairn_heap *high = cairn_init(memory + 1000, 1000);
    char *p = launder(cairn_malloc(low, 300));
    char *q = launder(cairn_malloc(high, 300));
    fill(p, 300, 1);
    fill(q, 300, 2);
    use_up(cairn_init(memory + 2000, 1000));
    CHECK(filled(p, 300, 1) && filled(q, 300, 2) && sound(low) && sound(high));
    cairn_free(low, p);
    CHECK(all_free(low) && filled(q, 300, 2));
    cairn_free(high, q);
    CHECK(all_free(high));
}

TAP_MAIN(TEST(there_is_memory_to_try), TEST(no_heap_is_made_where_none_fits),
         TEST(no_heap_is_made_where_there_is_no_whole_granule),
         TEST(a_heap_of_any_small_size_works_or_is_refused_and_keeps_to_its_memory), TEST(memory_need_not_be_aligned),
         TEST(heaps_of_many_sizes_use_almost_all_of_their_memory), TEST(every_function_exists_for_a_private_heap),
         TEST(realloc_in_a_private_heap_goes_in_all_directions),
         TEST(realloc_to_the_same_size_in_a_private_heap_leaves_the_free_blocks_in_their_order),
         TEST(two_heaps_do_not_know_each_other), TEST(the_largest_heap_works))
