/* Bits, bins and the map, by themselves: every value where there are few enough.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- Bits ------------------------------------------------------------------------------------ */

static void leading_zeros_are_counted(void **state)
{
    (void)state;
    for (uint32_t zeros = 0; zeros < 32; zeros++) {
        uint32_t first = BITS_FIRST >> zeros;
        assert_int_equal(bits_leading_zeros(first), zeros);
        assert_int_equal(bits_leading_zeros(first | (first - 1)), zeros);
        assert_int_equal(bits_leading_zeros(first | first >> 1), zeros);
    }
}

static void words_rotate_right_by_the_low_five_bits(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(bits_rotate_right(BITS_FIRST, i), BITS_FIRST >> i % 32);
    assert_int_equal(bits_rotate_right(0x12345678, 8), 0x78123456);
    assert_int_equal(bits_rotate_right(0x12345678, 32), 0x12345678);
}

/* ---- Bins ------------------------------------------------------------------------------------ */

/* Bits of the sizes that have a bin: the table knows no larger ones. */
enum { SIZE_BITS = BITS_HAVE_CLZ || CAIRN_INDEX_BITS != 16 ? 32 : 16 };

static void check_bin(uint32_t size)
{
    uint32_t bin = bin_of(size);
    assert_true(bin < 64);
    assert_true(bin_floor(bin) <= size);
    assert_int_equal(bin_of(bin_floor(bin)), bin);
    if (size > 1)
        assert_true(bin_of(size - 1) <= bin);
    /* The next bin that holds any size begins above. */
    if (size < 0x40000000) {
        uint32_t next = bin == 0 ? 2 : bin + 1;
        assert_true(bin_floor(next) > size);
    }
}

static void every_16_bit_size_has_its_bin(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 0xffff; size++) {
        check_bin(size);
        assert_true(bin_of(size) < 32);
    }
}

static void sizes_around_powers_of_two_and_many_between_have_their_bins(void **state)
{
    (void)state;
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

static void a_doubling_has_two_bins(void **state)
{
    (void)state;
    for (uint32_t bit = 1; bit < SIZE_BITS - 1; bit++) {
        uint32_t power = (uint32_t)1 << bit;
        assert_int_equal(bin_of(power + power / 2), bin_of(power) + 1);
        assert_int_equal(bin_of(2 * power), bin_of(power) + 2);
    }
}

static void the_first_and_last_bin_of_every_pair_are_found(void **state)
{
    (void)state;
    for (uint32_t a = 0; a < BIN_COUNT; a++)
        for (uint32_t b = a; b < BIN_COUNT; b++) {
            bin_set set = BIN_FIRST >> a | BIN_FIRST >> b;
            assert_int_equal(bin_first(set), a);
            assert_int_equal(bin_last(set), b);
        }
}

/* ---- The map --------------------------------------------------------------------------------- */

enum { TILES = 80, SPAN = 1500 };

/* The tiles stand below the handle. */
static struct tile tiles[TILES];
static void *const handle = &tiles[TILES - 1];

static void masks_and_tiles_tell_all_granules_apart(void **state)
{
    (void)state;
    memset(tiles, 0, sizeof tiles);
    for (index_t i = 0; i < SPAN; i++) {
        assert_false(map_is_used(handle, i) || map_is_free(handle, i) || map_is_live(handle, i));
        map_set_bound(handle, i);
        assert_true(map_is_free(handle, i) && !map_is_used(handle, i) && !map_is_live(handle, i));
    }
    for (index_t i = 0; i < SPAN; i++) {
        map_clear_bound(handle, i);
        assert_false(map_is_free(handle, i));
        if (i + 1 < SPAN)
            assert_true(map_is_free(handle, i + 1));
    }
}

static void a_window_is_the_32_bits_from_any_offset(void **state)
{
    (void)state;
    const uint32_t low = 0x9e3779b9u, high = 0x7f4a7c15u;
    const uint64_t both = (uint64_t)low << 32 | high;
    for (index_t i = 0; i < 32; i++)
        assert_int_equal(map_splice(low, high, i), (uint32_t)(both << i >> 32));
}

/* Nothing is set from `from` up to `to`. */
static void check_clear(index_t from, index_t to)
{
    for (index_t i = from; i < to; i++)
        assert_false(map_is_used(handle, i) || map_is_free(handle, i));
}

static void every_size_at_every_offset_is_read_back_and_cleared(void **state)
{
    (void)state;
    for (index_t i = 32; i < 64; i++)
        for (index_t size = 1; size <= 300; size++) {
            memset(tiles, 0, sizeof tiles);
            map_set_bound(handle, i);
            map_set_bound(handle, i + size);
            map_turn_used(handle, i, size);
            assert_true(map_is_live(handle, i));
            assert_int_equal(map_used_size(handle, i), size);
            assert_true(map_is_free(handle, i + size)); /* the neighbour's bits are its own */
            check_clear(0, i);
            check_clear(i + size + 1, i + size + 64);
            assert_int_equal(map_clear_used(handle, i), size);
            assert_true(map_is_free(handle, i) && map_is_free(handle, i + size));
            check_clear(i + 1, i + size);
        }
}

static void the_largest_sizes_are_kept_as_numbers(void **state)
{
    (void)state;
    static const index_t sizes[] = {32, 33, 63, 64, 65, 0xffff, 0x10000, 0x7fffffff};
    for (index_t i = 32; i < 64; i++)
        for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            memset(tiles, 0, sizeof tiles);
            map_set_bound(handle, i);
            map_turn_used(handle, i, sizes[s]);
            assert_int_equal(map_used_size(handle, i), sizes[s]);
            assert_int_equal(map_clear_used(handle, i), sizes[s]);
            check_clear(i + 1, i + 64);
        }
}

static void two_neighbours_of_any_size_do_not_disturb_each_other(void **state)
{
    (void)state;
    for (index_t i = 32; i < 64; i += 3)
        for (index_t size = 1; size <= 70; size++)
            for (index_t next = 1; next <= 70; next += 3) {
                memset(tiles, 0, sizeof tiles);
                map_set_bound(handle, i);
                map_set_bound(handle, i + size);
                map_set_bound(handle, i + size + next);
                map_turn_used(handle, i, size);
                map_turn_used(handle, i + size, next);
                assert_int_equal(map_used_size(handle, i), size);
                assert_int_equal(map_used_size(handle, i + size), next);
                assert_int_equal(map_clear_used(handle, i), size);
                assert_int_equal(map_used_size(handle, i + size), next);
            }
}

static void a_request_becomes_granules(void **state)
{
    (void)state;
    assert_int_equal(heap_granules(0), 1);
    for (size_t size = 1; size < 5000; size++)
        assert_int_equal(heap_granules(size), (size + CAIRN_GRANULE - 1) / CAIRN_GRANULE);
    for (size_t off = 0; off < 100; off++)
        assert_int_equal(heap_granules(SIZE_MAX - off), 0);
    assert_int_equal(heap_granules(HEAP_MAX_REQUEST), HEAP_MAX_REQUEST / CAIRN_GRANULE);
    assert_int_equal(heap_granules(HEAP_MAX_REQUEST + 1), 0);
    assert_int_equal(heap_granules((size_t)PTRDIFF_MAX + 1), 0);
}

static void only_whole_granules_above_the_handle_are_indices(void **state)
{
    (void)state;
    for (uintptr_t offset = 0; offset < 5000; offset++)
        if (offset % CAIRN_GRANULE == 0)
            assert_int_equal(heap_offset_index(offset), offset / CAIRN_GRANULE);
        else
            assert_true(heap_offset_index(offset) > 0xffff);
    for (uintptr_t below = 1; below < 5000; below++)
        assert_true(heap_offset_index(-below) > 0xffff);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(leading_zeros_are_counted),
        cmocka_unit_test(words_rotate_right_by_the_low_five_bits),
        cmocka_unit_test(every_16_bit_size_has_its_bin),
        cmocka_unit_test(sizes_around_powers_of_two_and_many_between_have_their_bins),
        cmocka_unit_test(a_doubling_has_two_bins),
        cmocka_unit_test(the_first_and_last_bin_of_every_pair_are_found),
        cmocka_unit_test(masks_and_tiles_tell_all_granules_apart),
        cmocka_unit_test(a_window_is_the_32_bits_from_any_offset),
        cmocka_unit_test(every_size_at_every_offset_is_read_back_and_cleared),
        cmocka_unit_test(the_largest_sizes_are_kept_as_numbers),
        cmocka_unit_test(two_neighbours_of_any_size_do_not_disturb_each_other),
        cmocka_unit_test(a_request_becomes_granules),
        cmocka_unit_test(only_whole_granules_above_the_handle_are_indices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
