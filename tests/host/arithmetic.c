/* Bits, bins and the map, by themselves: every value where there are few enough.
 *
 * SPDX-License-Identifier: MIT */
#include "core/heap.h"
#include "tap.h"

#include <stddef.h>
#include <string.h>

/* ---- Bits ------------------------------------------------------------------------------------ */

static void leading_zeros_are_counted(void)
{
    for (uint32_t zeros = 0; zeros < 32; zeros++) {
        uint32_t first = BITS_FIRST >> zeros;
        CHECK(bits_leading_zeros(first) == zeros);
        CHECK(bits_leading_zeros(first | (first - 1)) == zeros);
        CHECK(bits_leading_zeros(first | first >> 1) == zeros);
    }
    for (uint32_t word = 1; word < 0x10000; word++) {
        uint32_t zeros = bits_leading_zeros(word);
        CHECK(zeros < 32 && word << zeros >> 31 == 1);
        CHECK(bits_leading_zeros(word << 16) + 16 == zeros);
    }
}

static void bits_are_counted_modulo_32(void)
{
    for (uint32_t n = 0; n < 200; n++)
        CHECK(bits_bit(n) == BITS_FIRST >> n % 32);
}

/* ---- Bins ------------------------------------------------------------------------------------ */

/* Bits of the sizes that have a bin. */
enum { SIZE_BITS = 32 };

static void check_bin(uint32_t size)
{
    uint32_t bin = bin_of(size);
    CHECK(bin >= 1 && bin < 64);
    CHECK(bin_floor(bin) <= size);
    CHECK(bin_of(bin_floor(bin)) == bin);
    if (size > 1)
        CHECK(bin_of(size - 1) <= bin);
    if (size < 0x40000000)
        CHECK(bin_floor(bin + 1) > size);
}

static void the_first_sizes_have_the_bins_that_the_table_says(void)
{
    static const unsigned char bins[] = {1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8};
    for (uint32_t size = 1; size <= sizeof bins; size++)
        CHECK(bin_of(size) == bins[size - 1]);
}

static void every_16_bit_size_has_its_bin(void)
{
    for (uint32_t size = 1; size <= 0xffff; size++) {
        check_bin(size);
        CHECK(bin_of(size) < 32);
    }
}

static void sizes_around_powers_of_two_and_many_between_have_their_bins(void)
{
    for (uint32_t bit = 2; bit < SIZE_BITS - 1; bit++) {
        uint32_t power = (uint32_t)1 << bit;
        for (uint32_t off = 0; off < 3; off++) {
            check_bin(power - 1 + off);
            check_bin(power + power / 2 - 1 + off);
        }
    }
    for (uint32_t size = 1; size < (uint32_t)1 << (SIZE_BITS - 1); size += 9973)
        check_bin(size);
}

static void a_doubling_has_two_bins(void)
{
    for (uint32_t bit = 1; bit < SIZE_BITS - 1; bit++) {
        uint32_t power = (uint32_t)1 << bit;
        CHECK(bin_of(power + power / 2) == bin_of(power) + 1);
        CHECK(bin_of(2 * power) == bin_of(power) + 2);
    }
}

static void the_first_and_last_bin_of_every_pair_are_found(void)
{
    for (uint32_t a = 0; a < BIN_COUNT; a++)
        for (uint32_t b = a; b < BIN_COUNT; b++) {
            bin_set set = BIN_FIRST >> a | BIN_FIRST >> b;
            CHECK(bin_first(set) == a);
            CHECK(bin_last(set) == b);
        }
}

/* ---- The map --------------------------------------------------------------------------------- */

enum { TILES = 80, SPAN = 1500 };

/* The tiles are below the handle, which the compiler does not follow out of them; and what is below the last one. */
static struct {
    struct tile below, tiles[TILES];
} map;
#define tiles map.tiles
static void *volatile handle = &tiles[TILES - 1];

static void masks_and_tiles_tell_all_granules_apart(void)
{
    memset(tiles, 0, sizeof tiles);
    for (index_t i = 0; i < SPAN; i++) {
        CHECK(!map_is_bound(handle, i) && !map_is_used(handle, i));
        CHECK(!map_is_free(handle, i) && !map_is_live(handle, i));
        map_turn_bound(handle, i);
        CHECK(map_is_bound(handle, i) && map_is_free(handle, i));
        CHECK(!map_is_used(handle, i) && !map_is_live(handle, i));
    }
    for (index_t i = 0; i < SPAN; i++) {
        map_turn_bound(handle, i);
        CHECK(!map_is_free(handle, i));
        if (i + 1 < SPAN)
            CHECK(map_is_free(handle, i + 1));
    }
}

/* Nothing is set from `from` up to `to`. */
static void check_clear(index_t from, index_t to)
{
    for (index_t i = from; i < to; i++)
        CHECK(!map_is_used(handle, i) || map_is_free(handle, i));
}

enum { ABOVE = SPAN }; /* a top above all blocks */

static void every_size_at_every_offset_is_read_back_and_cleared(void)
{
    for (index_t i = 32; i < 64; i++)
        for (index_t size = 1; size <= 300; size++) {
            memset(tiles, 0, sizeof tiles);
            map_turn_bound(handle, i);
            map_turn_bound(handle, i + size);
            map_turn(handle, i, size, false);
            CHECK(map_is_live(handle, i));
            CHECK(map_used_size(handle, i, ABOVE) == size);
            CHECK(map_used_size(handle, i, i + size) == size);
            CHECK(map_is_free(handle, i + size)); /* the neighbour's bits are its own */
            check_clear(0, i);
            check_clear(i + size + 1, i + size + 64);
            map_turn(handle, i, size, false);
            CHECK(map_is_free(handle, i) && map_is_free(handle, i + size));
            check_clear(i + 1, i + size);
        }
}

static void the_largest_sizes_are_kept_as_numbers(void)
{
    static const index_t sizes[] = {32, 33, 63, 64, 65, 0xffff, 0x10000, 0x7fffffff};
    for (index_t i = 32; i < 64; i++)
        for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            memset(tiles, 0, sizeof tiles);
            map_turn_bound(handle, i);
            map_turn(handle, i, sizes[s], false);
            CHECK(map_used_size(handle, i, ABOVE) == sizes[s]);
            map_turn(handle, i, sizes[s], false);
            check_clear(i + 1, i + 64);
        }
}

static void two_neighbours_of_any_size_do_not_disturb_each_other(void)
{
    for (index_t i = 32; i < 64; i += 3)
        for (index_t size = 1; size <= 70; size++)
            for (index_t next = 1; next <= 70; next += 3) {
                memset(tiles, 0, sizeof tiles);
                map_turn_bound(handle, i);
                map_turn_bound(handle, i + size);
                map_turn_bound(handle, i + size + next);
                map_turn(handle, i, size, false);
                map_turn(handle, i + size, next, false);
                CHECK(map_used_size(handle, i, ABOVE) == size);
                CHECK(map_used_size(handle, i + size, ABOVE) == next);
                map_turn(handle, i, size, false);
                CHECK(map_used_size(handle, i + size, ABOVE) == next);
            }
}

/* The last tile is the lowest in memory: below it is what is not the heap's. */
static void a_block_in_the_last_tile_is_measured_without_what_is_below_it(void)
{
    enum { LAST = (TILES - 1) * TILE_GRANULES }; /* the first granule of tiles[0] */
    memset(tiles, 0, sizeof tiles);
    memset(&map.below, 0xff, sizeof map.below);
    for (index_t i = LAST; i < LAST + 31; i++)
        for (index_t top = i + 1; top <= LAST + 31; top++) {
            map_turn_bound(handle, i);
            CHECK(map_used_size(handle, i, top) == 0); /* the sentinel's bit was lost */
            map_turn_bound(handle, top);
            map_turn(handle, i, top - i, false);
            CHECK(map_used_size(handle, i, top) == top - i);
            map_turn(handle, i, top - i, false);
            map_turn_bound(handle, top);
            map_turn_bound(handle, i);
        }
}

/* ---- Requests and pointers ------------------------------------------------------------------- */

static void a_request_becomes_granules(void)
{
    CHECK(heap_granules(0) == 1);
    for (size_t size = 1; size < 5000; size++)
        CHECK(heap_granules(size) == (size + CAIRN_GRANULE - 1) / CAIRN_GRANULE);
    for (size_t off = 0; off < 100; off++)
        CHECK(heap_granules(SIZE_MAX - off) == 0);
    CHECK(heap_granules(HEAP_MAX_REQUEST) == (HEAP_MAX_REQUEST + CAIRN_GRANULE - 1) / CAIRN_GRANULE);
    CHECK(heap_granules(HEAP_MAX_REQUEST + 1) == 0);
    CHECK(heap_granules((size_t)PTRDIFF_MAX + 1) == 0);
}

/* Granules in the largest heap that any address allows. */
static const uintptr_t most = UINTPTR_MAX / CAIRN_GRANULE < HEAP_MAX_GRANULES ? UINTPTR_MAX / CAIRN_GRANULE
                                                                              : HEAP_MAX_GRANULES;

static void only_whole_granules_above_the_handle_are_indices(void)
{
    for (uintptr_t offset = 0; offset < 5000; offset++)
        if (offset % CAIRN_GRANULE == 0)
            CHECK(heap_offset_index(offset) == offset / CAIRN_GRANULE);
        else
            CHECK(heap_offset_index(offset) >= most);
    for (uintptr_t below = 1; below < 5000; below++)
        CHECK(heap_offset_index(-below) >= most - 5000);
#if UINTPTR_MAX > 0xffffffffu
    for (uintptr_t offset = (uintptr_t)1 << 32; offset / CAIRN_GRANULE < UINT32_MAX / 2; offset *= 2)
        CHECK(heap_offset_index(offset) == offset / CAIRN_GRANULE);
#endif
}

static void an_offset_that_32_bits_do_not_hold_is_no_index(void)
{
#if UINTPTR_MAX > 0xffffffffu
    for (unsigned bit = 32; bit < 64; bit++)
        for (uintptr_t offset = 0; offset < 1000; offset += CAIRN_GRANULE)
            if (((uintptr_t)1 << bit) / CAIRN_GRANULE >= HEAP_MAX_GRANULES)
                CHECK(heap_offset_index(((uintptr_t)1 << bit) + offset) >= most);
#else
    tap_skip("an offset has 32 bits");
#endif
}

/* ---- Where a heap lies ----------------------------------------------------------------------- */

/* The bin of a size, counted up from the first one. */
static uint32_t counted_bin(uint32_t size)
{
    uint32_t bin = 1, floor = 1;
    for (uint32_t step = 1;; bin++) {
        uint32_t next = floor + step;
        if (size < next)
            return bin;
        floor = next;
        if (bin > 2 && bin % 2 != 0)
            step *= 2;
    }
}

/* The map's granules below the handle: tile 0 is above it. */
static size_t counted_map(size_t limit)
{
    size_t bytes = limit / 32 * 8;
    return (bytes + CAIRN_GRANULE - 1) / CAIRN_GRANULE;
}

/* `total` granules at an aligned address: is no granule lost that could be a block's? */
static void check_layout(size_t total)
{
    char *const memory = (char *)(uintptr_t)0x1000;
    struct heap_layout layout;
    size_t limit = total - total / 33 - 1; /* where to begin to look for the largest */
    while (limit + 1 + counted_map(limit + 1) <= total)
        limit++;
    while (limit > 0 && limit + counted_map(limit) > total)
        limit--;
    size_t first = limit == 0 ? 1 : counted_bin((uint32_t)limit) + 1;
    bool fits = heap_lay_out(&layout, memory, total * CAIRN_GRANULE);
    CHECK(fits == (limit > first));
    if (!fits)
        return;
    CHECK((char *)layout.heap == memory + counted_map(limit) * CAIRN_GRANULE);
    CHECK(layout.limit == limit && layout.first == first && layout.left_over == 0);
}

static void control_data_takes_no_granule_more_than_it_needs(void)
{
    for (size_t total = 1; total <= 0x10000; total++)
        check_layout(total);
#if CAIRN_INDEX_BITS == 32 && UINTPTR_MAX > 0xffffffffu
    for (size_t total = 0x10000; total <= HEAP_MAX_GRANULES; total += total / 97)
        check_layout(total);
    check_layout(HEAP_MAX_GRANULES);
#endif
}

/* Of a reserved block the map keeps the first of 32 bits for itself. */
static void an_index_of_16_bits_reaches_65536_granules_and_one_of_32_bits_half_of_all(void)
{
    CHECK(HEAP_MAX_GRANULES == (CAIRN_INDEX_BITS == 16 ? 65536u : 2147483647u));
}

static void what_the_index_does_not_reach_is_left_over(void)
{
#if CAIRN_INDEX_BITS == 16 || UINTPTR_MAX > 0xffffffffu
    char *const memory = (char *)(uintptr_t)0x1000;
    struct heap_layout largest, layout;
    CHECK(heap_lay_out(&largest, memory, (size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE) && largest.left_over == 0);
    CHECK(largest.limit + counted_map(largest.limit) == HEAP_MAX_GRANULES);
    for (size_t more = 1; more < HEAP_MAX_GRANULES; more += 1 + more * 3) {
        CHECK(heap_lay_out(&layout, memory, (HEAP_MAX_GRANULES + more) * CAIRN_GRANULE + CAIRN_GRANULE - 1));
        CHECK(layout.left_over == more && layout.heap == largest.heap);
        CHECK(layout.limit == largest.limit && layout.first == largest.first);
    }
#else
    tap_skip("an index of 32 bits reaches all addresses");
#endif
}

/* As far as an address goes, and by a byte farther. */
static void a_range_at_the_end_of_the_address_space_does_not_wrap_round(void)
{
    struct heap_layout layout;
    for (uintptr_t below = 1; below <= 3 * CAIRN_GRANULE; below++)
        for (size_t size = 0; size <= 4 * CAIRN_GRANULE; size++)
            CHECK(!heap_lay_out(&layout, (void *)((uintptr_t)0 - below), size));
    CHECK(!heap_lay_out(&layout, (void *)((uintptr_t)0 - 1024), 1025));
    CHECK(heap_lay_out(&layout, (void *)((uintptr_t)0 - 1024), 1023) && layout.limit < 1024 / CAIRN_GRANULE);
}

static void a_range_without_a_whole_granule_holds_nothing(void)
{
    struct heap_layout layout;
    for (uintptr_t start = 1; start <= 4 * CAIRN_GRANULE; start++)
        for (size_t size = 0; size < CAIRN_GRANULE; size++)
            CHECK(!heap_lay_out(&layout, (char *)start, size));
}

TAP_MAIN(TEST(leading_zeros_are_counted), TEST(bits_are_counted_modulo_32),
         TEST(the_first_sizes_have_the_bins_that_the_table_says), TEST(every_16_bit_size_has_its_bin),
         TEST(sizes_around_powers_of_two_and_many_between_have_their_bins), TEST(a_doubling_has_two_bins),
         TEST(the_first_and_last_bin_of_every_pair_are_found), TEST(masks_and_tiles_tell_all_granules_apart),
         TEST(every_size_at_every_offset_is_read_back_and_cleared), TEST(the_largest_sizes_are_kept_as_numbers),
         TEST(two_neighbours_of_any_size_do_not_disturb_each_other),
         TEST(a_block_in_the_last_tile_is_measured_without_what_is_below_it), TEST(a_request_becomes_granules),
         TEST(only_whole_granules_above_the_handle_are_indices), TEST(an_offset_that_32_bits_do_not_hold_is_no_index),
         TEST(control_data_takes_no_granule_more_than_it_needs),
         TEST(an_index_of_16_bits_reaches_65536_granules_and_one_of_32_bits_half_of_all),
         TEST(what_the_index_does_not_reach_is_left_over),
         TEST(a_range_at_the_end_of_the_address_space_does_not_wrap_round),
         TEST(a_range_without_a_whole_granule_holds_nothing))
