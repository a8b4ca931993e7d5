/* cairn_check() finds damage of every kind, and names the invariant that it breaks.
 *
 * SPDX-License-Identifier: MIT */
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

#include <stddef.h>
#include <string.h>

enum { MEMORY = 420 * CAIRN_GRANULE }; /* the last tile has granules past the limit */

static _Alignas(16) char memory[MEMORY];
static struct cairn_heap *heap;

/* small | a: free | small | b: free, as large | small | large | c: free, larger | small */
static index_t small, a, b, large, c;
enum { SMALL = 4, FREE = 5, LARGE = 90, OTHER = 30 };

static index_t take(size_t granules)
{
    char *p = cairn_malloc(heap, granules * CAIRN_GRANULE);
    CHECK(p != NULL);
    return (index_t)((size_t)(p - (char *)heap) / CAIRN_GRANULE);
}

static void make_heap(void)
{
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
    cairn_free(heap, heap_pointer(heap, b)); /* the ring is bin, b, a */
    cairn_free(heap, heap_pointer(heap, c));
    CHECK(cairn_check(heap, NULL) == 0);
}

static void set_used(index_t i)
{
    map_tile(heap, i)->used |= map_mask(i);
}

static void clear_used(index_t i)
{
    map_tile(heap, i)->used &= ~map_mask(i);
}

static void set_bound(index_t i)
{
    map_tile(heap, i)->bound |= map_mask(i);
}

static void clear_bound(index_t i)
{
    map_tile(heap, i)->bound &= ~map_mask(i);
}

/* The bin of the free blocks of `size` granules. */
static struct granule *bin_at(index_t size)
{
    return heap_granule(heap, bin_of(size));
}

static const void *steps_fault; /* where, or nearby */

/* What a check in steps finds broken; 0 if nothing. */
static int steps_find(void)
{
    struct cairn_place place = {.passes = 0};
    while (place.passes < 2) {
        int invariant = cairn_check_step(heap, &place, 1);
        steps_fault = place.fault;
        if (invariant != 0)
            return invariant;
    }
    return 0;
}

/* Is `invariant` what cairn_check() finds broken, at granule i, and `in_steps` what a check in steps comes to first?
 * And do they change nothing? */
static void finds_and_in_steps(int invariant, index_t i, int in_steps)
{
    static char copy[MEMORY];
    const void *where;
    memcpy(copy, memory, MEMORY);
    CHECK(cairn_check(heap, &where) == invariant);
    CHECK(where == heap_pointer(heap, i));
    CHECK(cairn_check(heap, NULL) == invariant);
    CHECK(steps_find() == in_steps);
    CHECK(memcmp(copy, memory, MEMORY) == 0);
}

static void finds(int invariant, index_t i)
{
    finds_and_in_steps(invariant, i, invariant);
}

static void a_sound_heap_has_no_fault(void)
{
    make_heap();
    const void *where = memory;
    CHECK(cairn_check(heap, &where) == 0);
    CHECK(where == NULL);
    CHECK(!steps_find());
}

static void i1_a_top_past_the_limit_is_found(void)
{
    make_heap();
    heap->top = (link_t)(heap->limit + 1u);
    finds(1, 0);
}

static void i1_a_top_inside_the_control_data_is_found(void)
{
    make_heap();
    heap->top = 1;
    finds(1, 0);
}

static void i1_a_boundary_in_the_control_data_is_found(void)
{
    make_heap();
    set_bound(1);
    finds(1, 0);
}

static void i1_a_boundary_at_the_handle_is_found(void)
{
    make_heap();
    set_bound(0);
    finds(1, 0);
}

static void i1_a_boundary_above_the_top_is_found(void)
{
    make_heap();
    set_bound(heap->top + 3u);
    finds(1, 0);
}

static void i1_a_bit_at_the_limit_is_found(void)
{
    make_heap();
    set_bound(heap->limit);
    finds(1, 0);
    clear_bound(heap->limit);
    set_used(heap->limit);
    finds(1, 0);
    clear_used(heap->limit);
    take(heap->limit - heap->top - 1u); /* it is the only granule above the top */
    CHECK(!steps_find());
    set_used(heap->limit);
    finds(1, 0);
}

static void i1_a_limit_whose_copies_differ_is_found(void)
{
    make_heap();
    heap->limit_again ^= 1;
    finds(1, 0);
    heap->limit = heap->limit_again;
    heap->limit_again ^= 1;
    finds(1, 0);
}

static void i1_a_sentinel_that_is_gone_is_found(void)
{
    make_heap();
    clear_used(heap->top);
    finds(1, heap->top);
}

static void i2_a_first_block_that_does_not_begin_is_found(void)
{
    make_heap();
    clear_bound(small);
    finds(2, small);
}

static void i3_a_large_block_with_another_size_is_found(void)
{
    make_heap();
    map_turn(heap, large, LARGE, false);
    map_turn(heap, large, LARGE + 1, false);
    finds(3, large);
}

static void i3_a_small_size_kept_as_a_number_is_found(void)
{
    make_heap();
    /* The block after the large one is gone: its granules are the large one's, by the map. */
    clear_bound(c);
    finds(3, large);
}

static void i4_a_used_bit_inside_a_small_block_is_found(void)
{
    make_heap();
    set_used(small + 2);
    finds(4, small);
}

static void i4_a_used_bit_past_the_size_of_a_large_block_is_found(void)
{
    make_heap();
    set_used(large + MAP_SMALL + 5);
    finds(4, large);
}

static void i4_a_used_bit_inside_a_free_block_is_found(void)
{
    make_heap();
    set_used(a + 2);
    finds(4, a);
}

static void i5_a_free_block_with_another_size_at_its_start_is_found(void)
{
    make_heap();
    heap_granule(heap, a)->size ^= 1;
    finds(5, a);
}

static void i5_a_free_block_with_another_size_at_its_end_is_found(void)
{
    make_heap();
    heap_granule(heap, b + FREE - 1)->tail++;
    finds(5, b);
}

static void i5_a_free_block_whose_end_the_map_has_elsewhere_is_found(void)
{
    make_heap();
    set_bound(a + 2);
    finds_and_in_steps(5, a, 4);
}

/* Its size is right at both of its ends, but the map has none of them there. */
static void i5_a_free_block_that_says_it_ends_in_its_inside_is_found(void)
{
    make_heap();
    heap_granule(heap, a)->size = 2;
    heap_granule(heap, a + 1)->tail = 2;
    finds(5, a);
}

/* A granule past the top a used block seems to begin, as if the free one ended there. */
static void i5_a_free_block_that_says_it_ends_past_the_top_is_found_at_once(void)
{
    make_heap();
    index_t end = heap->top + 1u;
    heap_granule(heap, c)->size = heap_granule(heap, heap->top)->tail = (link_t)(end - c);
    set_bound(end);
    set_used(end);
    CHECK(steps_find() == 5 && steps_fault == heap_pointer(heap, c));
}

static void i6_two_free_blocks_side_by_side_are_found(void)
{
    make_heap();
    /* Make two of c, both with their sizes right. */
    set_bound(c + 10);
    heap_granule(heap, c)->size = 10;
    heap_granule(heap, c + 9)->tail = 10;
    finds(6, c);
}

/* The last block of the heap becomes a free one, right except for its place. */
static void i6_a_free_block_that_ends_at_the_top_is_found(void)
{
    make_heap();
    index_t last = take(OTHER + 1); /* no free block can serve it */
    CHECK(last + OTHER + 1 == heap->top);
    map_turn(heap, last, OTHER + 1, false);
    heap_granule(heap, last)->next = heap_granule(heap, last)->prev = (link_t)bin_of(OTHER + 1);
    heap_granule(heap, last)->size = OTHER + 1;
    heap_granule(heap, heap->top - 1u)->tail = OTHER + 1;
    finds(6, last);
}

static void i7_a_list_that_leads_to_a_used_block_is_found(void)
{
    make_heap();
    bin_at(FREE)->next = (link_t)small;
    finds_and_in_steps(7, bin_of(FREE), 8);
}

static void i7_a_list_that_leads_out_of_the_heap_is_found(void)
{
    make_heap();
    bin_at(FREE)->next = heap->limit;
    finds_and_in_steps(7, bin_of(FREE), 8);
    bin_at(FREE)->next = (link_t)-1;
    finds_and_in_steps(7, bin_of(FREE), 8);
}

static void i7_a_link_that_leads_out_of_the_heap_is_found(void)
{
    make_heap();
    heap_granule(heap, a)->next = heap->limit; /* the last of its ring */
    finds(7, a);
}

static void i7_a_link_to_a_used_block_that_names_it_back_is_found(void)
{
    make_heap();
    heap_granule(heap, b)->next = (link_t)small;
    heap_granule(heap, small)->prev = (link_t)b;
    finds_and_in_steps(7, b, 8);
}

/* All links of the ring agree: only the map says that the block is none of it. */
static void i7_a_used_block_in_a_ring_is_found(void)
{
    make_heap();
    struct granule *bin = bin_at(OTHER), *live = heap_granule(heap, large);
    *live = (struct granule){.next = bin->next, .prev = (link_t)bin_of(OTHER), .size = OTHER};
    bin->next = heap_granule(heap, c)->prev = (link_t)large;
    finds_and_in_steps(7, bin_of(OTHER), 8);

    make_heap();
    *live = (struct granule){.next = (link_t)bin_of(OTHER), .prev = (link_t)c, .size = OTHER};
    bin->prev = heap_granule(heap, c)->next = (link_t)large;
    finds(7, c);
}

static void i7_a_list_that_leads_into_the_control_data_is_found(void)
{
    make_heap();
    bin_at(1)->next = 2; /* a ring that no block is in, so that nothing else is wrong */
    heap->nonempty |= bin_bit(bin_of(1));
    finds(7, bin_of(1));
}

static void i7_a_block_in_the_wrong_list_is_found(void)
{
    make_heap();
    bin_at(SMALL - 1)->next = (link_t)c;
    finds_and_in_steps(7, c, 9);
}

static void i7_a_free_block_in_no_list_is_found(void)
{
    make_heap();
    bin_at(OTHER)->next = bin_at(OTHER)->prev = (link_t)bin_of(OTHER);
    heap->nonempty &= ~bin_bit(bin_of(OTHER));
    finds_and_in_steps(7, 0, 8);
}

static void i7_a_list_that_goes_round_is_found(void)
{
    make_heap();
    heap_granule(heap, a)->next = (link_t)b;
    heap_granule(heap, b)->prev = (link_t)a;
    CHECK(cairn_check(heap, NULL) != 0);
    CHECK(steps_find());
}

static void i7_a_list_that_is_longer_than_there_are_free_blocks_is_found(void)
{
    make_heap();
    heap_granule(heap, c)->next = (link_t)c; /* the last of all rings, so that no other free block is left */
    finds_and_in_steps(7, c, 8);
}

static void i8_a_backward_link_that_was_overwritten_is_found(void)
{
    make_heap();
    heap_granule(heap, a)->prev = (link_t)c;
    finds(8, a);
}

static void i8_a_backward_link_to_a_used_block_that_names_it_back_is_found(void)
{
    make_heap();
    heap_granule(heap, a)->prev = (link_t)small;
    heap_granule(heap, small)->next = (link_t)a;
    finds(8, a);
    CHECK(steps_fault == heap_pointer(heap, a));
}

/* Only one of the block's two links shows it, and what is looked at before the block is right. */
static void i8_a_free_block_that_one_side_does_not_name_is_found_at_once(void)
{
    make_heap(); /* the rings: bin, b, a; and another bin, c */
    bin_at(FREE)->next = (link_t)a;
    heap_granule(heap, a)->prev = (link_t)bin_of(FREE);
    heap_granule(heap, b)->prev = (link_t)c;
    heap_granule(heap, c)->next = (link_t)b;
    CHECK(steps_find() == 8 && steps_fault == heap_pointer(heap, b)); /* its next is a */

    make_heap();
    heap_granule(heap, b)->next = (link_t)bin_of(FREE);
    CHECK(steps_find() == 8 && steps_fault == heap_pointer(heap, a)); /* its previous one is b */
}

static void i8_a_bin_whose_last_block_is_another_is_found(void)
{
    make_heap();
    bin_at(FREE)->prev = (link_t)b;
    finds(8, bin_of(FREE));
    bin_at(FREE)->prev = heap->limit;
    finds(8, bin_of(FREE));
}

static void i8_a_first_block_whose_backward_link_names_another_than_its_bin_is_found(void)
{
    make_heap();
    heap_granule(heap, b)->prev = (link_t)a;
    finds(8, b);
}

static void i9_a_bin_that_is_marked_empty_and_is_not_is_found(void)
{
    make_heap();
    heap->nonempty &= ~bin_bit(bin_of(FREE));
    finds(9, 0);
}

static void i9_a_bin_that_is_not_marked_empty_and_is_is_found(void)
{
    make_heap();
    heap->nonempty |= bin_bit(bin_of(1));
    finds(9, 0);
}

static void i9_a_mark_of_a_bin_that_there_is_not_is_found(void)
{
    make_heap();
    const bin_set sound = heap->nonempty;
    for (uint32_t bin = 0; bin < BIN_COUNT; bin++) {
        if (bin > 0 && bin < heap_first_granule(heap->limit))
            continue;
        heap->nonempty = sound | BIN_FIRST >> bin;
        finds(9, 0);
    }
}

static void i10_a_wrong_count_of_used_granules_is_found(void)
{
    make_heap();
    heap->used = (link_t)(heap->used + 1);
    finds_and_in_steps(10, 0, 0);
    heap->used = (link_t)(heap->used - 2);
    finds_and_in_steps(10, 0, 0);
}

/* Whatever bit is turned: the check ends and stays inside the heap (the sanitizers watch). */
static void any_bit_turned_in_control_data_is_found_or_means_nothing(void)
{
    make_heap();
    char *end = heap_pointer(heap, small);
    for (char *byte = memory; byte < end; byte++)
        for (int bit = 0; bit < 8; bit++) {
            *byte ^= (char)(1 << bit);
            const void *where = NULL;
            bool found = cairn_check(heap, &where) != 0;
            if (found)
                CHECK((const char *)where >= (char *)heap && (const char *)where <= memory + MEMORY);
            if (steps_find())
                CHECK(found);
            *byte ^= (char)(1 << bit);
        }
    CHECK(cairn_check(heap, NULL) == 0);
}

static void any_bit_turned_in_links_and_size_of_a_free_block_is_found(void)
{
    make_heap();
    const index_t at[] = {a, b, c};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned bit = 0; bit < 3 * 8 * sizeof(link_t); bit++) {
            char *first = heap_pointer(heap, at[i]);
            first[bit / 8] ^= (char)(1 << bit % 8);
            CHECK(cairn_check(heap, NULL) != 0);
            CHECK(steps_find());
            first[bit / 8] ^= (char)(1 << bit % 8);
        }
    CHECK(cairn_check(heap, NULL) == 0);
}

static void reserved_blocks_of_any_size_are_sound(void)
{
    make_heap();
    for (index_t size = 1; size < 100; size += 33) {
        CHECK(heap_reserve(heap, heap->top, heap->top + size));
        take(SMALL + OTHER);
        CHECK(cairn_check(heap, NULL) == 0);
        CHECK(!steps_find());
    }
}

static void a_used_bit_inside_a_reserved_block_is_found(void)
{
    make_heap();
    enum { RESERVED = 100 };
    index_t reserved = heap->top;
    CHECK(heap_reserve(heap, reserved, reserved + RESERVED));
    take(SMALL + OTHER);
    for (index_t i = MAP_SMALL + 1; i < RESERVED; i++) {
        set_used(reserved + i);
        finds(4, reserved);
        clear_used(reserved + i);
    }
    CHECK(!steps_find());
}

/* A block's inside is looked at in parts of a tile: none is left out, nor is what follows the block. */
static void a_used_bit_inside_any_block_and_the_next_one_is_found(void)
{
    static const index_t sizes[] = {2, 30, 31, 32, 33, 34, 63, 64, 65, 95, 96, 97};
    for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        make_heap();
        index_t block = take(sizes[s]), next = take(FREE + OTHER);
        CHECK(cairn_check(heap, NULL) == 0 && !steps_find());
        for (index_t i = sizes[s] > MAP_SMALL ? MAP_SMALL + 1 : 1; i < sizes[s]; i++) {
            set_used(block + i);
            finds(4, block);
            clear_used(block + i);
        }
        set_used(next + MAP_SMALL + 1);
        finds(4, next);
    }
}

/* What is damaged after its block was looked at. */
static void a_first_block_that_loses_its_size_is_found_with_its_bin(void)
{
    make_heap();
    struct cairn_place place = {.at = 0};
    while (place.at <= heap->limit)
        CHECK(cairn_check_step(heap, &place, 1) == 0);
    struct cairn_place again = place;
    heap_granule(heap, b)->size = 0;
    CHECK(cairn_check_step(heap, &place, 64) == 7 && place.fault == heap);
    heap_granule(heap, b)->size = OTHER; /* the size of another bin */
    CHECK(cairn_check_step(heap, &again, 64) == 7 && again.fault == heap);
}

/* A fault ends the parts: those that follow it would find nothing. */
static void a_fault_is_told_whatever_parts_were_asked_for(void)
{
    make_heap();
    set_bound(heap->top + 3u);
    for (uint32_t parts = 1; parts < MEMORY; parts++) {
        struct cairn_place place = {.passes = 0};
        int invariant = 0;
        while (place.passes == 0 && invariant == 0)
            invariant = cairn_check_step(heap, &place, parts);
        CHECK(invariant == 1 && place.passes == 0);
    }
}

/* At the end of the tile, if the heap goes on there; else at the handle. */
static void a_bit_above_the_top_is_found_near_it(void)
{
    for (size_t granules = 100; granules < 100 + 2 * TILE_GRANULES; granules++) {
        memset(memory, 0, MEMORY);
        heap = cairn_init(memory, granules * CAIRN_GRANULE);
        index_t bit = heap->limit - 1u, end = bit - bit % TILE_GRANULES + TILE_GRANULES;
        set_used(bit);
        CHECK(steps_find() == 1 && steps_fault == heap_pointer(heap, end <= heap->limit ? end : 0));
    }
}

/* The pass in steps has come to the last block when that loses its end. */
static void a_last_block_that_loses_its_end_is_found_at_once(void)
{
    make_heap();
    struct cairn_place place = {.at = 0};
    index_t last = c + OTHER;
    while (place.at != last)
        CHECK(cairn_check_step(heap, &place, 1) == 0);
    clear_used(heap->top);
    clear_bound(heap->top);
    CHECK(cairn_check_step(heap, &place, 1) == 3 && place.fault == heap_pointer(heap, last));
}

/* It was at the boundary between two blocks of a tile, which become one. */
static void a_pass_goes_on_at_the_next_boundary(void)
{
    make_heap();
    const index_t holes[] = {FREE, FREE, OTHER};
    for (unsigned i = 0; i < 3; i++)
        take(holes[i]);
    index_t block, next;
    do { /* above the top, so one after the other */
        block = take(SMALL);
        next = take(SMALL);
        take(SMALL);
    } while (block / TILE_GRANULES != next / TILE_GRANULES);
    struct cairn_place place = {.at = 0};
    while (place.at != next)
        CHECK(cairn_check_step(heap, &place, 1) == 0);
    cairn_free(heap, heap_pointer(heap, block));
    cairn_free(heap, heap_pointer(heap, next));
    CHECK(cairn_check_step(heap, &place, 1) == 0 && place.at > next);
}

/* It was inside a block that now ends before. */
static void a_pass_does_not_go_back_to_the_end_of_a_block_that_has_shrunk(void)
{
    make_heap();
    struct cairn_place place = {.at = 0};
    while (place.at < large + LARGE / 2)
        CHECK(cairn_check_step(heap, &place, 1) == 0);
    CHECK(place.block == large);
    index_t at = place.at;
    CHECK(cairn_realloc(heap, heap_pointer(heap, large), 1) == heap_pointer(heap, large));
    CHECK(cairn_check_step(heap, &place, 1) == 0 && place.at >= at);
    CHECK(cairn_check_step(heap, &place, MEMORY) == 0 && place.passes > 0);
}

/* A pass ends in a large block, which is freed; the next one begins in an empty heap, whose top is then where that block
 * was. */
static void a_pass_knows_no_block_of_the_last_one(void)
{
    enum { BELOW = 100, ABOVE = 200 };
    memset(memory, 0, MEMORY);
    heap = cairn_init(memory, MEMORY);
    struct cairn_place place = {.at = 0};
    index_t below = take(BELOW), above = take(ABOVE);
    while (place.block != above)
        CHECK(cairn_check_step(heap, &place, 1) == 0);
    cairn_free(heap, heap_pointer(heap, above));
    cairn_free(heap, heap_pointer(heap, below));
    while (place.passes == 0)
        CHECK(cairn_check_step(heap, &place, 1) == 0);
    CHECK(cairn_check_step(heap, &place, 2) == 0);
    CHECK(take(BELOW) == below && heap->top == above);
    CHECK(place.at > below && place.at < above);
    CHECK(cairn_check_step(heap, &place, 64) == 0);
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
        clear_bound(i);
    set_bound(heap->limit | (TILE_GRANULES - 1u));
}

/* The last block, of two granules, becomes a reserved one. */
static void lose_sentinel(void)
{
    clear_used(heap->top);
    clear_bound(heap->top);
}

/* Wherever a pass is when the damage is done, it goes on to a fault and passes no limit. */
static void steps_stay_inside_after(void (*damage)(void))
{
    bool passed = false;
    for (uint32_t steps = 1; !passed; steps++) {
        struct cairn_place place = {.at = 0};
        make_heap();
        take(heap->limit - heap->top - 2u);
        take(2);
        CHECK(cairn_check_step(heap, &place, steps) == 0);
        passed = place.passes != 0;
        damage();
        while (cairn_check_step(heap, &place, 1) == 0)
            CHECK(place.at <= heap->limit + 1u + bin_of(heap->limit) && place.passes < 2);
    }
}

static void a_pass_in_steps_does_not_leave_the_heap(void)
{
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

static void the_walk_ends_where_a_block_does_not_begin(void)
{
    make_heap();
    unsigned blocks = 0;
    clear_bound(small);
    CHECK(!cairn_walk(heap, count_blocks, &blocks));
    CHECK(blocks == 0);
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

static void a_large_block_that_ends_past_the_top_is_no_block(void)
{
    void (*const actions[])(struct cairn_heap *, void *) = {do_free, do_grow, do_shrink};
    for (unsigned action = 0; action < 3; action++)
        for (index_t bit = 1; bit < 20; bit++) {
            make_heap();
            set_used(large + bit); /* of its size: the first is 2^30 granules */
            CHECK(is_fatal(actions[action], heap, heap_pointer(heap, large)));
            CHECK(fatal_reason == CAIRN_NOT_A_BLOCK);
            CHECK(fatal_address == heap_pointer(heap, large));
        }
}

static void a_last_block_whose_end_is_gone_is_no_block(void)
{
    make_heap();
    index_t last = c + OTHER;
    clear_bound(heap->top);
    CHECK(is_fatal(do_free, heap, heap_pointer(heap, last)));
    CHECK(fatal_address == heap_pointer(heap, last));
}

static void do_take_free(struct cairn_heap *of, void *p)
{
    (void)p;
    (void)cairn_malloc(of, FREE * CAIRN_GRANULE); /* as large as b, which is the first of its bin */
}

/* With its two copies equal. */
static void a_free_block_that_says_it_ends_past_the_top_is_found(void)
{
    for (index_t past = 1; past < 4; past++) {
        make_heap();
        index_t size = heap->top - b + past;
        heap_granule(heap, b)->size = (link_t)size;
        heap_granule(heap, b + size - 1u)->tail = (link_t)size;
        CHECK(is_fatal(do_take_free, heap, NULL) && fatal_reason == CAIRN_CORRUPT_SIZE);
        CHECK(fatal_address == heap_pointer(heap, b));
    }
}

static void what_lies_far_from_a_block_is_no_block(void)
{
    make_heap();
#if UINTPTR_MAX > 0xffffffffu
    for (unsigned bit = 33; bit < 64; bit++) {
        void *p = (void *)((uintptr_t)heap_pointer(heap, large) + ((uintptr_t)1 << bit));
        CHECK(is_fatal(do_free, heap, p) && fatal_reason == CAIRN_NOT_A_BLOCK && fatal_address == p);
        CHECK(cairn_check(heap, NULL) == 0);
    }
#else
    tap_skip("an offset has 32 bits");
#endif
}

static void nothing_is_taken_above_a_top_that_is_past_the_limit(void)
{
    make_heap();
    const link_t tops[] = {(link_t)(heap->limit + 1u), (link_t)-1};
    for (size_t i = 0; i < 2; i++) {
        heap->top = tops[i];
        CHECK(cairn_malloc(heap, 2 * OTHER * CAIRN_GRANULE) == NULL); /* no free block is as large */
        CHECK(heap->top == tops[i]);
    }
}

static void do_malloc(struct cairn_heap *of, void *size)
{
    (void)cairn_malloc(of, *(const size_t *)size);
}

/* The first block of the bin says that it is too small, so its size is not proven; and the block that its
 * link leads to says that it is free, and large enough. */
static void a_link_to_a_block_that_only_says_it_is_free_is_found(void)
{
    make_heap();
    struct granule *first = heap_granule(heap, b);
    struct granule *second = heap_granule(heap, large);
    *second = (struct granule){.next = 0, .prev = (link_t)b, .size = FREE, .tail = 0};
    second[FREE - 1].tail = FREE;
    first->next = (link_t)large;
    first->size = FREE - 1u;
    size_t size = FREE * CAIRN_GRANULE;
    CHECK(is_fatal(do_malloc, heap, &size));
    CHECK(fatal_reason == CAIRN_CORRUPT_LINK);
    CHECK(fatal_address == second);
}

static void a_walk_does_not_pass_the_limit(void)
{
    make_heap();
    unsigned blocks = 0;
    heap->top = (link_t)(heap->limit + 1u);
    CHECK(!cairn_walk(heap, count_blocks, &blocks));
    CHECK(blocks == 0);
}

TAP_MAIN(
    TEST(a_sound_heap_has_no_fault), TEST(i1_a_top_past_the_limit_is_found),
    TEST(i1_a_top_inside_the_control_data_is_found), TEST(i1_a_boundary_in_the_control_data_is_found),
    TEST(i1_a_boundary_at_the_handle_is_found), TEST(i1_a_boundary_above_the_top_is_found),
    TEST(i1_a_bit_at_the_limit_is_found), TEST(i1_a_limit_whose_copies_differ_is_found),
    TEST(i1_a_sentinel_that_is_gone_is_found), TEST(i2_a_first_block_that_does_not_begin_is_found),
    TEST(i3_a_large_block_with_another_size_is_found), TEST(i3_a_small_size_kept_as_a_number_is_found),
    TEST(i4_a_used_bit_inside_a_small_block_is_found), TEST(i4_a_used_bit_past_the_size_of_a_large_block_is_found),
    TEST(i4_a_used_bit_inside_a_free_block_is_found), TEST(i5_a_free_block_with_another_size_at_its_start_is_found),
    TEST(i5_a_free_block_with_another_size_at_its_end_is_found),
    TEST(i5_a_free_block_whose_end_the_map_has_elsewhere_is_found),
    TEST(i5_a_free_block_that_says_it_ends_in_its_inside_is_found),
    TEST(i5_a_free_block_that_says_it_ends_past_the_top_is_found_at_once),
    TEST(i6_two_free_blocks_side_by_side_are_found), TEST(i6_a_free_block_that_ends_at_the_top_is_found),
    TEST(i7_a_list_that_leads_to_a_used_block_is_found), TEST(i7_a_list_that_leads_out_of_the_heap_is_found),
    TEST(i7_a_link_that_leads_out_of_the_heap_is_found), TEST(i7_a_link_to_a_used_block_that_names_it_back_is_found),
    TEST(i7_a_used_block_in_a_ring_is_found), TEST(i7_a_list_that_leads_into_the_control_data_is_found),
    TEST(i7_a_block_in_the_wrong_list_is_found), TEST(i7_a_free_block_in_no_list_is_found),
    TEST(i7_a_list_that_goes_round_is_found), TEST(i7_a_list_that_is_longer_than_there_are_free_blocks_is_found),
    TEST(i8_a_backward_link_that_was_overwritten_is_found),
    TEST(i8_a_backward_link_to_a_used_block_that_names_it_back_is_found),
    TEST(i8_a_free_block_that_one_side_does_not_name_is_found_at_once),
    TEST(i8_a_bin_whose_last_block_is_another_is_found),
    TEST(i8_a_first_block_whose_backward_link_names_another_than_its_bin_is_found),
    TEST(i9_a_bin_that_is_marked_empty_and_is_not_is_found), TEST(i9_a_bin_that_is_not_marked_empty_and_is_is_found),
    TEST(i9_a_mark_of_a_bin_that_there_is_not_is_found), TEST(i10_a_wrong_count_of_used_granules_is_found),
    TEST(any_bit_turned_in_control_data_is_found_or_means_nothing),
    TEST(any_bit_turned_in_links_and_size_of_a_free_block_is_found), TEST(reserved_blocks_of_any_size_are_sound),
    TEST(a_used_bit_inside_a_reserved_block_is_found), TEST(a_used_bit_inside_any_block_and_the_next_one_is_found),
    TEST(a_first_block_that_loses_its_size_is_found_with_its_bin), TEST(a_fault_is_told_whatever_parts_were_asked_for),
    TEST(a_bit_above_the_top_is_found_near_it), TEST(a_last_block_that_loses_its_end_is_found_at_once),
    TEST(a_pass_goes_on_at_the_next_boundary), TEST(a_pass_does_not_go_back_to_the_end_of_a_block_that_has_shrunk),
    TEST(a_pass_knows_no_block_of_the_last_one), TEST(a_pass_in_steps_does_not_leave_the_heap),
    TEST(the_walk_ends_where_a_block_does_not_begin), TEST(a_large_block_that_ends_past_the_top_is_no_block),
    TEST(a_last_block_whose_end_is_gone_is_no_block), TEST(a_free_block_that_says_it_ends_past_the_top_is_found),
    TEST(what_lies_far_from_a_block_is_no_block), TEST(nothing_is_taken_above_a_top_that_is_past_the_limit),
    TEST(a_link_to_a_block_that_only_says_it_is_free_is_found), TEST(a_walk_does_not_pass_the_limit))
