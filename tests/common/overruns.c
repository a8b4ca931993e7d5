/* Overruns and underruns into a free block: whatever was written, the next use of the free block
 * finds it, and says which block it was.
 *
 * Each try has a private heap of its own, which is thrown away when the try was fatal.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 2048, LINK = CAIRN_INDEX_BITS / 8 };

static _Alignas(16) char memory[MEMORY];

/* used | low: free | used | middle: free | used | high: free, in the bin of `middle` | used | rest */
static struct {
    char *first, *low, *second, *middle, *third, *high, *last;
} at;

static struct cairn_heap *scene_of(size_t middle, size_t high)
{
    memset(memory, 0, MEMORY); /* nothing from an earlier try helps or hinders */
    struct cairn_heap *heap = cairn_init(memory, MEMORY);
    at.first = launder(cairn_malloc(heap, 16));
    at.low = launder(cairn_malloc(heap, 48));
    at.second = launder(cairn_malloc(heap, 32));
    at.middle = launder(cairn_malloc(heap, middle));
    at.third = launder(cairn_malloc(heap, 32));
    at.high = launder(cairn_malloc(heap, high));
    at.last = launder(cairn_malloc(heap, 16));
    cairn_free(heap, at.high); /* freed first, so that it is not first in its bin */
    cairn_free(heap, at.middle);
    cairn_free(heap, at.low);
    return heap;
}

static struct cairn_heap *scene(size_t size)
{
    return scene_of(size, size);
}

static void do_free(struct cairn_heap *heap, void *p)
{
    cairn_free(heap, p);
}

static void do_grow(struct cairn_heap *heap, void *p)
{
    cairn_realloc(heap, p, 64);
}

/* Take blocks of the size that `high` and `middle` have, until both have been looked at. */
static size_t wanted;
static char *taken[3];
static void do_take(struct cairn_heap *heap, void *p)
{
    (void)p;
    for (int i = 0; i < 3; i++)
        taken[i] = launder(cairn_malloc(heap, wanted));
}

/* Did do_take() leave the block alone? */
static bool is_left(const char *block, size_t size)
{
    for (int i = 0; i < 3; i++)
        if (taken[i] < block + size && taken[i] + wanted > block)
            return false;
    return true;
}

/* A link that disagrees with what it names is one end's or the other's: the report may name the bin. */
static bool caught_at(void (*action)(struct cairn_heap *, void *), struct cairn_heap *heap, void *p, const void *block)
{
    if (!is_fatal(action, heap, p))
        return false;
    bool is_bin = (uintptr_t)fatal_address - (uintptr_t)heap < (uintptr_t)at.first - (uintptr_t)heap;
    return (fatal_address == block && (fatal_reason == CAIRN_CORRUPT_SIZE || fatal_reason == CAIRN_CORRUPT_LINK)) ||
           (is_bin && fatal_reason == CAIRN_CORRUPT_LINK);
}

static const size_t sizes[] = {CAIRN_GRANULE, 2 * CAIRN_GRANULE, 5 * CAIRN_GRANULE, 160};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void a_byte_past_the_end_is_found_when_the_block_below_is_freed(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned value = 1; value < 256; value++) {
            struct cairn_heap *heap = scene(sizes[s]);
            at.middle[0] = (char)(at.middle[0] ^ (char)value);
            CHECK(caught_at(do_free, heap, at.second, at.middle));
        }
}

static void a_byte_past_the_end_is_found_when_the_block_below_grows(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned value = 1; value < 256; value += 7) {
            struct cairn_heap *heap = scene(sizes[s]);
            at.middle[0] = (char)(at.middle[0] ^ (char)value);
            CHECK(caught_at(do_grow, heap, at.second, at.middle));
        }
}

static void a_byte_past_the_end_is_found_when_the_block_is_taken(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned value = 1; value < 256; value += 7) {
            struct cairn_heap *heap = scene(sizes[s]);
            at.middle[0] = (char)(at.middle[0] ^ (char)value);
            wanted = sizes[s];
            CHECK(caught_at(do_take, heap, NULL, at.middle));
        }
}

static const unsigned char values[] = {0x00, 0x01, 0x55, 0xaa, 0xff};
enum { VALUES = sizeof values / sizeof values[0] };

/* Was anything changed? */
static bool overwrite(char *from, unsigned char value, size_t length)
{
    char old[64];
    memcpy(old, from, length);
    memset(from, value, length);
    return memcmp(old, from, length) != 0;
}

static void a_longer_overrun_is_found_when_the_block_below_is_freed(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned v = 0; v < VALUES; v++)
            for (size_t length = 1; length <= 32; length++) {
                struct cairn_heap *heap = scene(sizes[s]);
                if (length <= sizes[s] && overwrite(at.middle, values[v], length))
                    CHECK(caught_at(do_free, heap, at.second, at.middle));
            }
}

/* One that says it is too small for the request may be passed over. */
static void a_block_that_a_longer_overrun_has_met_is_not_taken(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned v = 0; v < VALUES; v++)
            for (size_t length = 1; length <= 32; length++) {
                struct cairn_heap *heap = scene(sizes[s]);
                wanted = sizes[s];
                if (length > sizes[s] || !overwrite(at.middle, values[v], length))
                    continue;
                bool caught = caught_at(do_take, heap, NULL, at.middle);
                CHECK(caught || (is_left(at.middle, sizes[s]) && caught_at(do_free, heap, at.second, at.middle)));
            }
}

static void a_byte_before_the_start_is_found_when_the_block_below_is_taken(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (size_t back = 1; back <= LINK; back++)
            for (unsigned v = 0; v < VALUES; v++) {
                struct cairn_heap *heap = scene(sizes[s]);
                wanted = sizes[s];
                if (overwrite(at.third - back, values[v], 1))
                    CHECK(caught_at(do_take, heap, NULL, at.middle));
            }
}

static void a_byte_before_the_start_never_merges_what_is_not_there(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned value = 0; value < 256; value++) {
            struct cairn_heap *heap = scene(sizes[s]);
            if (!overwrite(at.third - LINK, (unsigned char)value, 1))
                continue;
            wanted = sizes[s];
            CHECK(is_fatal(do_free, heap, at.third) || caught_at(do_take, heap, NULL, at.middle));
        }
}

/* The four indices of a free block, each overwritten by every small number and some large ones. */
static void every_field_of_a_free_block_is_proven_before_it_is_used(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (size_t field = 0; field < 3; field++)
            for (unsigned value = 0; value < MEMORY / CAIRN_GRANULE + 8; value++) {
                struct cairn_heap *heap = scene(sizes[s]);
                uint32_t link = value < MEMORY / CAIRN_GRANULE ? value : UINT32_MAX - value;
                char old[LINK];
                memcpy(old, at.middle + field * LINK, LINK);
                memcpy(at.middle + field * LINK, &link, LINK);
                if (memcmp(old, at.middle + field * LINK, LINK) != 0)
                    CHECK(caught_at(do_free, heap, at.second, at.middle));
            }
}

static void a_backward_link_is_proven_by_the_block_that_it_names(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned value = 0; value < MEMORY / CAIRN_GRANULE + 8; value++) {
            struct cairn_heap *heap = scene(sizes[s]);
            uint32_t link = value < MEMORY / CAIRN_GRANULE ? value : UINT32_MAX - value;
            char old[LINK]; /* high is second in its ring: its backward link names a block */
            memcpy(old, at.high + LINK, LINK);
            memcpy(at.high + LINK, &link, LINK);
            if (memcmp(old, at.high + LINK, LINK) != 0)
                CHECK(caught_at(do_free, heap, at.last, at.high) && fatal_reason == CAIRN_CORRUPT_LINK);
        }
}

static void a_forward_link_is_proven_by_the_block_that_it_names(void)
{
    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned value = 0; value < MEMORY / CAIRN_GRANULE + 8; value++) {
            uint32_t link = value < MEMORY / CAIRN_GRANULE ? value : UINT32_MAX - value;
            struct cairn_heap *heap = scene(sizes[s]);
            if (memcmp(at.middle, &link, LINK) == 0)
                continue;
            memcpy(at.middle, &link, LINK);
            CHECK(caught_at(do_free, heap, at.second, at.middle) && fatal_reason == CAIRN_CORRUPT_LINK);
        }
}

/* Where malloc() takes the block, and where it looks at it first and takes the next one. */
static void text_over_a_free_block_is_never_followed(void)
{
    static const char text[] = "no room";
    for (size_t more = 0; more <= CAIRN_GRANULE; more += CAIRN_GRANULE) {
        struct cairn_heap *heap = scene_of(4 * CAIRN_GRANULE, 5 * CAIRN_GRANULE);
        memcpy(at.middle, text, 2 * LINK);
        memcpy(at.middle + 2 * LINK, text, LINK);
        wanted = 4 * CAIRN_GRANULE + more;
        CHECK(caught_at(do_take, heap, NULL, at.middle));
    }
}

/* Four granules and five are of one bin: the smaller one is first in it, the larger one is looked at next. */
static void the_second_block_of_a_bin_is_taken_when_the_first_is_too_small(void)
{
    struct cairn_heap *heap = scene_of(4 * CAIRN_GRANULE, 5 * CAIRN_GRANULE);
    CHECK(launder(cairn_malloc(heap, 5 * CAIRN_GRANULE)) == at.high);
    CHECK(launder(cairn_malloc(heap, 4 * CAIRN_GRANULE)) == at.middle);
    CHECK(cairn_check(heap, NULL) == 0);
}

static void the_second_block_of_a_bin_is_proven_too(void)
{
    for (unsigned v = 0; v < VALUES; v++) {
        struct cairn_heap *heap = scene_of(4 * CAIRN_GRANULE, 5 * CAIRN_GRANULE);
        wanted = 5 * CAIRN_GRANULE;
        if (overwrite(at.last - LINK, values[v], 1))
            CHECK(caught_at(do_take, heap, NULL, at.high));
    }
}

/* What a live block's last bytes say is data, whatever it looks like. */
static void bytes_of_a_live_block_are_never_taken_for_a_free_one(void)
{
    for (unsigned value = 0; value < MEMORY / CAIRN_GRANULE; value++) {
        struct cairn_heap *heap = scene(32);
        uint32_t link = value;
        for (size_t i = 0; i < 32; i += LINK)
            memcpy(at.second + i, &link, LINK);
        char *p = launder(cairn_malloc(heap, 32)); /* the place of `middle`, just above */
        CHECK(p == at.middle || p == at.high);
        cairn_free(heap, p);
        CHECK(cairn_check(heap, NULL) == 0);
        cairn_free(heap, at.third);
        CHECK(cairn_check(heap, NULL) == 0);
    }
}

TAP_MAIN(TEST(a_byte_past_the_end_is_found_when_the_block_below_is_freed),
         TEST(a_byte_past_the_end_is_found_when_the_block_below_grows),
         TEST(a_byte_past_the_end_is_found_when_the_block_is_taken),
         TEST(a_longer_overrun_is_found_when_the_block_below_is_freed),
         TEST(a_block_that_a_longer_overrun_has_met_is_not_taken),
         TEST(a_byte_before_the_start_is_found_when_the_block_below_is_taken),
         TEST(a_byte_before_the_start_never_merges_what_is_not_there),
         TEST(every_field_of_a_free_block_is_proven_before_it_is_used),
         TEST(a_backward_link_is_proven_by_the_block_that_it_names),
         TEST(a_forward_link_is_proven_by_the_block_that_it_names), TEST(text_over_a_free_block_is_never_followed),
         TEST(the_second_block_of_a_bin_is_taken_when_the_first_is_too_small),
         TEST(the_second_block_of_a_bin_is_proven_too), TEST(bytes_of_a_live_block_are_never_taken_for_a_free_one))
