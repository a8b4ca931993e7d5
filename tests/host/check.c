/* cairn_check() finds damage of every kind, and names the invariant that it breaks.
 *
 * SPDX-License-Identifier: MIT */
#include "fatal.h"
#include "heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 8000 }; /* the last tile has granules past the limit */

static _Alignas(16) char memory[MEMORY];
static struct cairn_heap *heap;

/* small | a: free | small | b: free, as large | small | large | c: free, larger | small */
static index_t small, a, b, large, c;
enum { SMALL = 4, FREE = 5, LARGE = 90, OTHER = 30 };

static index_t take(size_t granules)
{
    char *p = cairn_malloc(heap, granules * CAIRN_GRANULE);
    assert_non_null(p);
    return (index_t)((size_t)(p - (char *)heap) / CAIRN_GRANULE);
}

static int make_heap(void **state)
{
    (void)state;
    memset(memory, 0, MEMORY);
    heap = cairn_init(memory, MEMORY);
    small = take(SMALL);
    a = take(FREE);
    take(SMALL);
    b = take(FREE);
    take(SMALL);
    large = take(LARGE);
    c = take(OTHER);
    take(SMALL);
    cairn_free(heap, heap_pointer(heap, a));
    cairn_free(heap, heap_pointer(heap, b)); /* the list is b, a */
    cairn_free(heap, heap_pointer(heap, c));
    assert_int_equal(cairn_check(heap, NULL), 0);
    return 0;
}

static void set_used(index_t i)
{
    map_tile(heap, i)->used |= map_mask(i);
}

static void clear_used(index_t i)
{
    map_tile(heap, i)->used &= ~map_mask(i);
}

static void clear_bound(index_t i)
{
    map_clear_bound(heap, i);
}

/* Does a check in steps find anything? It changes nothing, either. */
static bool steps_find(void)
{
    struct cairn_place place = {.passes = 0};
    while (place.passes < 2)
        if (cairn_check_step(heap, &place, 1) != 0)
            return true;
    return false;
}

/* Is `invariant` what cairn_check() finds broken, at granule i? And does it change nothing? */
static void finds(int invariant, index_t i)
{
    static char copy[MEMORY];
    const void *where;
    memcpy(copy, memory, MEMORY);
    assert_int_equal(cairn_check(heap, &where), invariant);
    assert_ptr_equal(where, heap_pointer(heap, i));
    assert_int_equal(cairn_check(heap, NULL), invariant);
    assert_int_equal(steps_find(), invariant != 10);
    assert_memory_equal(copy, memory, MEMORY);
}

static void a_sound_heap_has_no_fault(void **state)
{
    (void)state;
    const void *where = memory;
    assert_int_equal(cairn_check(heap, &where), 0);
    assert_null(where);
    assert_false(steps_find());
}

static void i1_a_top_past_the_limit_is_found(void **state)
{
    (void)state;
    heap->top = (link_t)(heap->limit + 1u);
    finds(1, 0);
}

static void i1_a_top_inside_the_control_data_is_found(void **state)
{
    (void)state;
    heap->top = 1;
    finds(1, 0);
}

static void i1_a_boundary_in_the_control_data_is_found(void **state)
{
    (void)state;
    map_set_bound(heap, 1);
    finds(1, 0);
}

static void i1_a_boundary_above_the_top_is_found(void **state)
{
    (void)state;
    map_set_bound(heap, heap->top + 3u);
    finds(1, 0);
}

static void i1_a_sentinel_that_is_gone_is_found(void **state)
{
    (void)state;
    clear_used(heap->top);
    finds(1, heap->top);
}

static void i2_a_first_block_that_does_not_begin_is_found(void **state)
{
    (void)state;
    clear_bound(small);
    finds(2, small);
}

static void i3_a_large_block_with_another_size_is_found(void **state)
{
    (void)state;
    map_turn_large(heap, large, LARGE);
    map_turn_large(heap, large, LARGE + 1);
    finds(3, large);
}

static void i3_a_small_size_kept_as_a_number_is_found(void **state)
{
    (void)state;
    /* The block after the large one is gone: its granules are the large one's, by the map. */
    clear_bound(c);
    finds(3, large);
}

static void i4_a_used_bit_inside_a_small_block_is_found(void **state)
{
    (void)state;
    set_used(small + 2);
    finds(4, small);
}

static void i4_a_used_bit_past_the_size_of_a_large_block_is_found(void **state)
{
    (void)state;
    set_used(large + MAP_SMALL + 5);
    finds(4, large);
}

static void i4_a_used_bit_inside_a_free_block_is_found(void **state)
{
    (void)state;
    set_used(a + 2);
    finds(4, a);
}

static void i5_a_free_block_with_another_size_at_its_start_is_found(void **state)
{
    (void)state;
    heap_granule(heap, a)->check ^= 1;
    finds(5, a);
}

static void i5_a_free_block_with_another_size_at_its_end_is_found(void **state)
{
    (void)state;
    heap_granule(heap, b + FREE - 1)->tail++;
    finds(5, b);
}

static void i5_a_forward_link_that_was_overwritten_is_found(void **state)
{
    (void)state;
    heap_granule(heap, b)->next ^= 2;
    finds(5, b);
}

static void i5_a_free_block_whose_end_the_map_has_elsewhere_is_found(void **state)
{
    (void)state;
    map_set_bound(heap, a + 2);
    finds(5, a);
}

static void i6_two_free_blocks_side_by_side_are_found(void **state)
{
    (void)state;
    /* Make two of c, both with their sizes right. */
    map_set_bound(heap, c + 10);
    heap_granule(heap, c)->check = (link_t)(10 ^ heap_granule(heap, c)->next);
    heap_granule(heap, c + 9)->tail = 10;
    finds(6, c);
}

/* The last block of the heap becomes a free one, right but for its place. */
static void i6_a_free_block_that_ends_at_the_top_is_found(void **state)
{
    (void)state;
    index_t last = take(OTHER + 1); /* no free block can serve it */
    assert_int_equal(last + OTHER + 1, heap->top);
    map_turn_used(heap, last, OTHER + 1);
    heap_granule(heap, last)->next = 0;
    heap_granule(heap, last)->check = OTHER + 1;
    heap_granule(heap, heap->top - 1u)->tail = OTHER + 1;
    finds(6, last);
}

static void i7_a_list_that_leads_to_a_used_block_is_found(void **state)
{
    (void)state;
    heap->bins[bin_of(FREE)] = (link_t)small;
    finds(7, 0);
}

static void i7_a_list_that_leads_out_of_the_heap_is_found(void **state)
{
    (void)state;
    heap->bins[bin_of(FREE)] = heap->limit;
    finds(7, 0);
}

static void i7_a_link_that_leads_out_of_the_heap_is_found(void **state)
{
    (void)state;
    heap_granule(heap, a)->next = heap->limit; /* the last of its list; its size stays right */
    heap_granule(heap, a)->check = (link_t)(FREE ^ heap->limit);
    finds(7, a);
}

static void i7_a_list_that_leads_into_the_control_data_is_found(void **state)
{
    (void)state;
    heap->bins[bin_of(1)] = 1; /* a list that no block is in, so that nothing else is wrong */
    heap->nonempty |= BIN_FIRST >> bin_of(1);
    finds(7, 0);
}

static void i7_a_block_in_the_wrong_list_is_found(void **state)
{
    (void)state;
    heap->bins[bin_of(SMALL - 1)] = (link_t)c;
    finds(7, c);
}

static void i7_a_free_block_in_no_list_is_found(void **state)
{
    (void)state;
    heap->bins[bin_of(OTHER)] = 0;
    finds(7, 0);
}

static void i7_a_list_that_goes_round_is_found(void **state)
{
    (void)state;
    struct granule *last = heap_granule(heap, a);
    last->next = (link_t)b;
    last->check = (link_t)(FREE ^ b);
    heap_granule(heap, b)->prev = 0;
    assert_int_not_equal(cairn_check(heap, NULL), 0);
    assert_true(steps_find());
}

static void i7_a_list_that_is_longer_than_there_are_free_blocks_is_found(void **state)
{
    (void)state;
    heap_granule(heap, c)->next = (link_t)c; /* the last of all lists, so that no other free block is left */
    heap_granule(heap, c)->check = (link_t)(OTHER ^ c);
    finds(7, c);
}

static void i8_a_backward_link_that_was_overwritten_is_found(void **state)
{
    (void)state;
    heap_granule(heap, a)->prev = (link_t)c;
    finds(8, a);
}

static void i8_a_head_with_a_backward_link_is_found(void **state)
{
    (void)state;
    heap_granule(heap, b)->prev = (link_t)a;
    finds(8, b);
}

static void i9_a_bin_that_is_marked_empty_and_is_not_is_found(void **state)
{
    (void)state;
    heap->nonempty &= ~(BIN_FIRST >> bin_of(FREE));
    finds(9, 0);
}

static void i9_a_bin_that_is_not_marked_empty_and_is_is_found(void **state)
{
    (void)state;
    heap->nonempty |= BIN_FIRST >> bin_of(1);
    finds(9, 0);
}

static void i10_a_wrong_count_of_used_granules_is_found(void **state)
{
    (void)state;
    heap->used++;
    finds(10, 0);
    heap->used -= 2;
    finds(10, 0);
}

/* Whatever bit is turned: the check ends and stays inside the heap (the sanitizers watch). Only the
 * limit has to be believed. */
static void any_bit_turned_in_control_data_is_found_or_means_nothing(void **state)
{
    (void)state;
    char *end = heap_pointer(heap, small);
    for (char *byte = memory; byte < end; byte++)
        for (int bit = 0; bit < 8 && (byte < (char *)&heap->limit || byte >= (char *)(&heap->limit + 1)); bit++) {
            *byte ^= (char)(1 << bit);
            const void *where = NULL;
            bool found = cairn_check(heap, &where) != 0;
            if (found)
                assert_true((const char *)where >= (char *)heap && (const char *)where <= memory + MEMORY);
            if (steps_find())
                assert_true(found);
            *byte ^= (char)(1 << bit);
        }
    assert_int_equal(cairn_check(heap, NULL), 0);
}

static void any_bit_turned_in_the_four_fields_of_a_free_block_is_found(void **state)
{
    (void)state;
    const index_t at[] = {a, b, c};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned bit = 0; bit < 3 * CAIRN_GRANULE / 4 * 8; bit++) {
            char *first = heap_pointer(heap, at[i]);
            first[bit / 8] ^= (char)(1 << bit % 8);
            assert_int_not_equal(cairn_check(heap, NULL), 0);
            assert_true(steps_find());
            first[bit / 8] ^= (char)(1 << bit % 8);
        }
    assert_int_equal(cairn_check(heap, NULL), 0);
}

static void reserved_blocks_of_any_size_are_sound(void **state)
{
    (void)state;
    for (index_t size = 1; size < 100; size += 33) {
        assert_true(heap_reserve(heap, heap->top, heap->top + size));
        take(SMALL + OTHER);
        assert_int_equal(cairn_check(heap, NULL), 0);
        assert_false(steps_find());
    }
}

/* What is damaged after its block was looked at. */
static void a_head_that_loses_its_size_is_found_with_its_bin(void **state)
{
    (void)state;
    struct cairn_place place = {.at = 0};
    while (place.at <= heap->limit)
        assert_int_equal(cairn_check_step(heap, &place, 1), 0);
    heap_granule(heap, b)->check = heap_granule(heap, b)->next;
    assert_int_equal(cairn_check_step(heap, &place, 64), 7);
}

static void raise_top(void)
{
    heap->top = (link_t)(heap->limit + 1u);
}

static void raise_top_far(void)
{
    heap->top = (link_t)-1;
}

/* The next boundary is one in the last tile that no granule has. */
static void move_boundaries_past_the_limit(void)
{
    for (index_t i = 0; i <= heap->limit; i++)
        map_clear_bound(heap, i);
    map_set_bound(heap, heap->limit | (TILE_GRANULES - 1u));
}

/* The last block, of two granules, becomes a reserved one. */
static void lose_sentinel(void)
{
    clear_used(heap->top);
    clear_bound(heap->top);
}

/* Wherever a pass stands when the damage is done, it goes on to a fault and passes no limit. */
static void steps_stay_inside_after(void (*damage)(void))
{
    bool passed = false;
    for (uint32_t steps = 1; !passed; steps++) {
        struct cairn_place place = {.at = 0};
        make_heap(NULL);
        take(heap->limit - heap->top - 2u);
        take(2);
        assert_int_equal(cairn_check_step(heap, &place, steps), 0);
        passed = place.passes != 0;
        damage();
        while (cairn_check_step(heap, &place, 1) == 0)
            assert_true(place.at <= heap->limit + 1u + bin_of(heap->limit) && place.passes < 2);
    }
}

static void a_pass_in_steps_does_not_leave_the_heap(void **state)
{
    (void)state;
    steps_stay_inside_after(raise_top);
    steps_stay_inside_after(raise_top_far);
    steps_stay_inside_after(move_boundaries_past_the_limit);
    steps_stay_inside_after(lose_sentinel);
}

static bool count_blocks(void *context, void *block, size_t size, enum cairn_kind kind)
{
    (void)block;
    (void)size;
    (void)kind;
    ++*(unsigned *)context;
    return true;
}

static void the_walk_ends_where_a_block_does_not_begin(void **state)
{
    (void)state;
    unsigned blocks = 0;
    clear_bound(small);
    assert_false(cairn_walk(heap, count_blocks, &blocks));
    assert_int_equal(blocks, 0);
}

/* ---- Operations and walks on a map that is not as it was ---------------------------------------- */

static void do_free(struct cairn_heap *of, void *p)
{
    cairn_free(of, p);
}

static void do_grow(struct cairn_heap *of, void *p)
{
    cairn_realloc(of, p, (LARGE + 1) * CAIRN_GRANULE);
}

static void do_shrink(struct cairn_heap *of, void *p)
{
    cairn_realloc(of, p, 1);
}

static void a_large_block_that_ends_past_the_top_is_no_block(void **state)
{
    (void)state;
    void (*const actions[])(struct cairn_heap *, void *) = {do_free, do_grow, do_shrink};
    for (unsigned action = 0; action < 3; action++)
        for (index_t bit = 1; bit < 20; bit++) {
            make_heap(state);
            set_used(large + bit); /* of its size: the first is 2^30 granules */
            assert_true(is_fatal(actions[action], heap, heap_pointer(heap, large)));
            assert_int_equal(fatal_reason, CAIRN_NOT_A_BLOCK);
            assert_ptr_equal(fatal_address, heap_pointer(heap, large));
        }
}

static void a_last_block_whose_end_is_gone_is_no_block(void **state)
{
    (void)state;
    index_t last = c + OTHER;
    clear_bound(heap->top);
    assert_true(is_fatal(do_free, heap, heap_pointer(heap, last)));
    assert_ptr_equal(fatal_address, heap_pointer(heap, last));
}

static void nothing_is_taken_above_a_top_that_is_past_the_limit(void **state)
{
    (void)state;
    const link_t tops[] = {(link_t)(heap->limit + 1u), (link_t)-1};
    for (size_t i = 0; i < 2; i++) {
        heap->top = tops[i];
        assert_null(cairn_malloc(heap, 2 * OTHER * CAIRN_GRANULE)); /* no free block is as large */
        assert_int_equal(heap->top, tops[i]);
    }
}

static void do_malloc(struct cairn_heap *of, void *size)
{
    (void)cairn_malloc(of, *(const size_t *)size);
}

/* The first block of the bin says that it is too small, so its size is not proven; and the block that its
 * link leads to says that it is free, and large enough. */
static void a_link_to_a_block_that_only_says_it_is_free_is_found(void **state)
{
    (void)state;
    struct granule *first = heap_granule(heap, b);
    struct granule *second = heap_granule(heap, large);
    *second = (struct granule){.next = 0, .prev = (link_t)b, .check = FREE, .tail = 0};
    first->next = (link_t)large;
    first->check = (link_t)((FREE - 1u) ^ large);
    size_t size = FREE * CAIRN_GRANULE;
    assert_true(is_fatal(do_malloc, heap, &size));
    assert_int_equal(fatal_reason, CAIRN_CORRUPT_LINK);
    assert_ptr_equal(fatal_address, first);
}

static void a_walk_does_not_pass_the_limit(void **state)
{
    (void)state;
    unsigned blocks = 0;
    heap->top = (link_t)(heap->limit + 1u);
    assert_false(cairn_walk(heap, count_blocks, &blocks));
    assert_int_equal(blocks, 0);
}

#define SCENE(test) cmocka_unit_test_setup(test, make_heap)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SCENE(a_sound_heap_has_no_fault),
        SCENE(i1_a_top_past_the_limit_is_found),
        SCENE(i1_a_top_inside_the_control_data_is_found),
        SCENE(i1_a_boundary_in_the_control_data_is_found),
        SCENE(i1_a_boundary_above_the_top_is_found),
        SCENE(i1_a_sentinel_that_is_gone_is_found),
        SCENE(i2_a_first_block_that_does_not_begin_is_found),
        SCENE(i3_a_large_block_with_another_size_is_found),
        SCENE(i3_a_small_size_kept_as_a_number_is_found),
        SCENE(i4_a_used_bit_inside_a_small_block_is_found),
        SCENE(i4_a_used_bit_past_the_size_of_a_large_block_is_found),
        SCENE(i4_a_used_bit_inside_a_free_block_is_found),
        SCENE(i5_a_free_block_with_another_size_at_its_start_is_found),
        SCENE(i5_a_free_block_with_another_size_at_its_end_is_found),
        SCENE(i5_a_forward_link_that_was_overwritten_is_found),
        SCENE(i5_a_free_block_whose_end_the_map_has_elsewhere_is_found),
        SCENE(i6_two_free_blocks_side_by_side_are_found),
        SCENE(i6_a_free_block_that_ends_at_the_top_is_found),
        SCENE(i7_a_list_that_leads_to_a_used_block_is_found),
        SCENE(i7_a_list_that_leads_out_of_the_heap_is_found),
        SCENE(i7_a_link_that_leads_out_of_the_heap_is_found),
        SCENE(i7_a_list_that_leads_into_the_control_data_is_found),
        SCENE(i7_a_block_in_the_wrong_list_is_found),
        SCENE(i7_a_free_block_in_no_list_is_found),
        SCENE(i7_a_list_that_goes_round_is_found),
        SCENE(i7_a_list_that_is_longer_than_there_are_free_blocks_is_found),
        SCENE(i8_a_backward_link_that_was_overwritten_is_found),
        SCENE(i8_a_head_with_a_backward_link_is_found),
        SCENE(i9_a_bin_that_is_marked_empty_and_is_not_is_found),
        SCENE(i9_a_bin_that_is_not_marked_empty_and_is_is_found),
        SCENE(i10_a_wrong_count_of_used_granules_is_found),
        SCENE(any_bit_turned_in_control_data_is_found_or_means_nothing),
        SCENE(any_bit_turned_in_the_four_fields_of_a_free_block_is_found),
        SCENE(reserved_blocks_of_any_size_are_sound),
        SCENE(a_head_that_loses_its_size_is_found_with_its_bin),
        SCENE(a_pass_in_steps_does_not_leave_the_heap),
        SCENE(the_walk_ends_where_a_block_does_not_begin),
        SCENE(a_large_block_that_ends_past_the_top_is_no_block),
        SCENE(a_last_block_whose_end_is_gone_is_no_block),
        SCENE(nothing_is_taken_above_a_top_that_is_past_the_limit),
        SCENE(a_link_to_a_block_that_only_says_it_is_free_is_found),
        SCENE(a_walk_does_not_pass_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
