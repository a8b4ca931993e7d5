/* realloc() and its relatives: where a block goes, and what it holds afterwards.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>

static void realloc_of_null_is_malloc(void)
{
    char *p = launder(realloc(NULL, 50));
    CHECK(p != NULL && malloc_usable_size(p) >= 50);
    char *q = launder(reallocarray(NULL, 5, 10));
    CHECK(q != NULL && malloc_usable_size(q) >= 50);
    char *r = launder(reallocf(NULL, 50));
    CHECK(r != NULL && malloc_usable_size(r) >= 50);
    free(p);
    free(q);
    free(r);
    CHECK(system_empty());
}

static void realloc_to_zero_bytes_leaves_the_smallest_block(void)
{
    char *p = launder(malloc(100));
    p = launder(realloc(p, 0));
    CHECK(p != NULL);
    CHECK(malloc_usable_size(p) == CAIRN_GRANULE);
    free(p);
    CHECK(system_empty());
}

static void shrinking_stays_in_place_and_frees_the_rest(void)
{
    char *p = launder(malloc(800));
    void *above = launder(malloc(8));
    fill(p, 800, 1);
    for (size_t size = 799; size > 0; size -= size > 90 ? 83 : 1) {
        CHECK(launder(realloc(p, size)) == p);
        CHECK(filled(p, size, 1));
        CHECK(sound(cairn_system()));
    }
    CHECK(malloc_usable_size(p) == CAIRN_GRANULE);
    char *rest = launder(malloc(800 - CAIRN_GRANULE));
    CHECK(rest == p + CAIRN_GRANULE);
    free(rest);
    free(p);
    free(above);
    CHECK(system_empty());
}

/* The free block above is not taken out and put back, which would make it the first of its bin. */
static void realloc_to_the_same_size_leaves_the_free_blocks_in_their_order(void)
{
    void *p = launder(malloc(320));
    void *above = launder(malloc(160));
    void *apart = launder(malloc(16));
    void *other = launder(malloc(160));
    void *last = launder(malloc(16));
    free(above);
    free(other);
    CHECK(launder(realloc(p, 320)) == p);
    CHECK(launder(malloc(160)) == other && launder(malloc(160)) == above);
    free(other);
    free(above);
    free(last);
    free(apart);
    free(p);
    CHECK(system_empty());
}

static void growing_takes_the_free_block_above(void)
{
    char *p = launder(malloc(40));
    void *gap = launder(malloc(400));
    void *above = launder(malloc(8));
    fill(p, 40, 2);
    free(gap);
    CHECK(launder(realloc(p, 200)) == p);
    CHECK(filled(p, 40, 2) && sound(cairn_system()));
    CHECK(launder(realloc(p, 40 + 400)) == p);
    CHECK(filled(p, 40, 2) && sound(cairn_system()));
    free(p);
    free(above);
    CHECK(system_empty());
}

static void growing_takes_from_the_break_at_the_top(void)
{
    char *p = launder(malloc(40));
    fill(p, 40, 3);
    size_t left = room();
    CHECK(launder(realloc(p, 1000)) == p);
    CHECK(room() < left);
    CHECK(filled(p, 40, 3) && sound(cairn_system()));

    void *gap = launder(malloc(64)); /* a free block between p and the break */
    void *top = launder(malloc(64));
    free(top);
    free(gap);
    CHECK(launder(realloc(p, 2000)) == p);
    CHECK(filled(p, 40, 3) && sound(cairn_system()));
    free(p);
    CHECK(system_empty());
}

/* A block of `size` bytes with a free one of `gap` below it, and used ones around both. */
struct scene {
    void *below, *above;
    char *gap, *p;
};

static struct scene scene_make(size_t gap, size_t size, size_t free_above)
{
    struct scene scene;
    scene.below = launder(malloc(8));
    scene.gap = launder(malloc(gap));
    scene.p = launder(malloc(size));
    void *upper = free_above != 0 ? launder(malloc(free_above)) : NULL;
    scene.above = launder(malloc(8));
    fill(scene.p, size, (unsigned)gap);
    free(scene.gap);
    free(upper);
    return scene;
}

static void scene_end(struct scene *scene)
{
    free(scene->below);
    free(scene->p);
    free(scene->above);
    CHECK(system_empty());
}

static void use_up_the_break(void **held, size_t keep)
{
    *held = launder(malloc(room() > keep ? room() - keep : 1));
}

static void growing_moves_down_into_the_free_block_below(void)
{
    static const size_t gaps[] = {16, 48, 200, 504, 1000};
    for (unsigned i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        struct scene scene = scene_make(gaps[i], 496, 0);
        char *q = launder(realloc(scene.p, 496 + gaps[i]));
        CHECK(q == scene.gap);
        CHECK(filled(q, 496, (unsigned)gaps[i]) && sound(cairn_system()));
        scene.p = q;
        scene_end(&scene);
    }
}

static void growing_takes_the_free_blocks_on_both_sides(void)
{
    struct scene scene = scene_make(64, 320, 64);
    char *q = launder(realloc(scene.p, 64 + 320 + 48));
    CHECK(q == scene.gap);
    CHECK(filled(q, 320, 64) && sound(cairn_system()));
    CHECK(malloc_usable_size(q) == 64 + 320 + 48);
    scene.p = q;
    scene_end(&scene);
}

static void growing_moves_elsewhere_when_neighbours_are_too_small(void)
{
    struct scene scene = scene_make(16, 300, 16);
    char *q = launder(realloc(scene.p, 900));
    CHECK(q != NULL && (q > scene.p + 300 || q + 900 <= scene.p));
    CHECK(filled(q, 300, 16) && sound(cairn_system()));
    char *again = launder(malloc(304)); /* the old place is free */
    CHECK(again >= scene.gap && again < q);
    free(again);
    scene.p = q;
    scene_end(&scene);
}

static void a_block_grows_through_all_sizes_with_its_contents(void)
{
    char *p = launder(malloc(1));
    fill(p, 1, 9);
    for (size_t size = 2; size < 1500; size += 1 + size / 7) {
        void *obstacle = size % 3 == 0 ? launder(malloc(size % 90)) : NULL;
        size_t before = malloc_usable_size(p) < size ? malloc_usable_size(p) : size;
        fill(p, before, 9);
        p = launder(realloc(p, size));
        CHECK(p != NULL && filled(p, before, 9) && sound(cairn_system()));
        free(obstacle);
    }
    free(p);
    CHECK(system_empty());
}

static void a_refused_realloc_leaves_the_block(void)
{
    void *all;
    char *p = launder(malloc(100));
    fill(p, 100, 4);
    use_up_the_break(&all, 32);
    errno = 0;
    CHECK(launder(realloc(p, 400)) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(launder(reallocarray(p, 4, 100)) == NULL && errno == ENOMEM);
    CHECK(filled(p, 100, 4) && malloc_usable_size(p) == (100 + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE);
    CHECK(sound(cairn_system()));
    free(p);
    free(all);
    CHECK(system_empty());
}

static void a_refused_reallocf_frees_the_block(void)
{
    void *all;
    char *p = launder(malloc(100));
    use_up_the_break(&all, 32);
    unsigned before = count_blocks(cairn_system(), CAIRN_USED).blocks;
    errno = 0;
    CHECK(launder(reallocf(p, 400)) == NULL && errno == ENOMEM);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == before - 1);
    free(all);
    CHECK(system_empty());
}

static void reallocarray_multiplies(void)
{
    char *p = launder(malloc(10));
    fill(p, 10, 6);
    p = launder(reallocarray(p, 30, 7));
    CHECK(p != NULL && malloc_usable_size(p) >= 210 && filled(p, 10, 6));
    p = launder(reallocf(p, 700));
    CHECK(p != NULL && malloc_usable_size(p) >= 700 && filled(p, 10, 6));
    free(p);
    CHECK(system_empty());
}

static void realloc_works_with_no_memory_but_the_block_below(void)
{
    void *all;
    struct scene scene = scene_make(400, 600, 0);
    use_up_the_break(&all, 0);
    char *q = launder(realloc(scene.p, 900));
    CHECK(q == scene.gap && filled(q, 600, 400) && sound(cairn_system()));
    scene.p = q;
    free(all);
    scene_end(&scene);
}

/* Bytes above the top that blocks can have. */
static size_t can_grow(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    return stats.can_grow;
}

/* A free block, the last block above it, and `left` bytes above the top. */
static struct scene scene_at_the_top(size_t gap, size_t size, size_t left, void **all)
{
    struct scene scene;
    free(launder(malloc(1)));
    *all = launder(malloc(can_grow() - (gap + size + left + CAIRN_GRANULE)));
    scene.below = launder(malloc(CAIRN_GRANULE));
    scene.gap = launder(malloc(gap));
    scene.p = launder(malloc(size));
    scene.above = NULL;
    fill(scene.p, size, (unsigned)gap);
    free(scene.gap);
    CHECK(can_grow() == left);
    return scene;
}

static void growing_takes_the_free_block_below_and_room_above_the_top(void)
{
    enum { GAP = 400, SIZE = 608, LEFT = 208 };
    for (size_t size = SIZE + LEFT + 32; size <= GAP + SIZE + LEFT; size += 16) {
        void *all;
        struct scene scene = scene_at_the_top(GAP, SIZE, LEFT, &all);
        char *q = launder(realloc(scene.p, size));
        CHECK(q == scene.gap && filled(q, SIZE, GAP) && sound(cairn_system()));
        CHECK(malloc_usable_size(q) == size);
        CHECK(can_grow() + size == GAP + SIZE + LEFT); /* the top is at its end */
        scene.p = q != NULL ? q : scene.p;
        free(all);
        scene_end(&scene);
    }
}

static void growing_past_all_there_is_leaves_the_last_block(void)
{
    enum { GAP = 400, SIZE = 608, LEFT = 208 };
    void *all;
    struct scene scene = scene_at_the_top(GAP, SIZE, LEFT, &all);
    errno = 0;
    CHECK(launder(realloc(scene.p, GAP + SIZE + LEFT + 1)) == NULL && errno == ENOMEM);
    CHECK(filled(scene.p, SIZE, GAP) && can_grow() == LEFT && sound(cairn_system()));
    free(all);
    scene_end(&scene);
}

TAP_MAIN(TEST(realloc_of_null_is_malloc), TEST(realloc_to_zero_bytes_leaves_the_smallest_block),
         TEST(shrinking_stays_in_place_and_frees_the_rest),
         TEST(realloc_to_the_same_size_leaves_the_free_blocks_in_their_order), TEST(growing_takes_the_free_block_above),
         TEST(growing_takes_from_the_break_at_the_top), TEST(growing_moves_down_into_the_free_block_below),
         TEST(growing_takes_the_free_blocks_on_both_sides), TEST(growing_moves_elsewhere_when_neighbours_are_too_small),
         TEST(a_block_grows_through_all_sizes_with_its_contents), TEST(a_refused_realloc_leaves_the_block),
         TEST(a_refused_reallocf_frees_the_block), TEST(reallocarray_multiplies),
         TEST(realloc_works_with_no_memory_but_the_block_below),
         TEST(growing_takes_the_free_block_below_and_room_above_the_top),
         TEST(growing_past_all_there_is_leaves_the_last_block))
