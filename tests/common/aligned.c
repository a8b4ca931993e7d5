/* Aligned blocks: they are aligned, and the gaps on both sides of them are free.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>

/* The largest alignment for which a block certainly fits here. */
static size_t largest(void)
{
    return room() > 10000 ? 4096 : room() / 4;
}

static void memalign_aligns_to_every_power_of_two(void)
{
    for (size_t alignment = 1; alignment <= largest(); alignment *= 2)
        for (size_t size = 1; size < 300; size += 41) {
            void *odd = launder(malloc(8)); /* moves the start off the larger alignments */
            char *p = launder(memalign(alignment, size));
            CHECK(p != NULL && aligned(p, alignment) && aligned(p, CAIRN_GRANULE));
            CHECK(malloc_usable_size(p) == (size + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE);
            fill(p, size, 1);
            CHECK(sound(cairn_system()));
            free(p);
            free(odd);
        }
    CHECK(system_empty());
}

static void aligned_alloc_and_posix_memalign_align_as_well(void)
{
    for (size_t alignment = sizeof(void *); alignment <= largest(); alignment *= 2) {
        void *p = launder(aligned_alloc(alignment, 64));
        void *q = NULL;
        CHECK(p != NULL && aligned(p, alignment));
        CHECK(posix_memalign(&q, alignment, 40) == 0 && aligned(launder(q), alignment));
        free(p);
        free(launder(q));
    }
    CHECK(system_empty());
}

static void both_gaps_serve_again(void)
{
    enum { ALIGNMENT = 512 };
    char *odd = launder(malloc(8));
    char *p = launder(memalign(ALIGNMENT, 16));
    struct count gaps = count_blocks(cairn_system(), CAIRN_FREE);
    CHECK(gaps.blocks <= 2 && gaps.bytes < ALIGNMENT);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).bytes == 16 + CAIRN_GRANULE);
    size_t gap = (size_t)(p - odd) - CAIRN_GRANULE;
    size_t left = room();
    void *q = gap != 0 ? launder(malloc(gap)) : NULL;
    void *r = gaps.bytes - gap != 0 ? launder(malloc(gaps.bytes - gap)) : NULL;
    CHECK(room() == left && count_blocks(cairn_system(), CAIRN_FREE).blocks == 0);
    free(p);
    free(q);
    free(r);
    free(odd);
    CHECK(system_empty());
}

static void an_aligned_block_lives_in_a_free_block_between_others(void)
{
    char *below = launder(malloc(8));
    char *hole = launder(malloc(1200));
    char *above = launder(malloc(8));
    free(hole);
    char *p = launder(memalign(256, 100));
    CHECK(p >= hole && p < above && aligned(p, 256));
    CHECK(sound(cairn_system()));
    CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == 3);
    free(p);
    CHECK(count_blocks(cairn_system(), CAIRN_FREE).blocks == 1);
    free(below);
    free(above);
    CHECK(system_empty());
}

static void alignment_costs_nothing_after_the_block_is_found(void)
{
    void *p = launder(memalign(32, 64));
    CHECK(count_blocks(cairn_system(), CAIRN_USED).bytes == 64);
    free(p);
    CHECK(system_empty());
}

static void valloc_and_pvalloc_give_pages(void)
{
    if (room() < 3 * 4096) {
        tap_comment("left out: this board has no room for two pages");
        void *p = launder(valloc(1));
        CHECK(p == NULL || aligned(p, 4096));
        free(p);
        return;
    }
    void *p = launder(valloc(100));
    CHECK(p != NULL && aligned(p, 4096) && malloc_usable_size(p) < 4096);
    free(p);
    p = launder(pvalloc(100));
    CHECK(p != NULL && aligned(p, 4096) && malloc_usable_size(p) == 4096);
    free(p);
    p = launder(pvalloc(1));
    CHECK(p != NULL && malloc_usable_size(p) == 4096);
    free(p);
    CHECK(system_empty());
}

static void pvalloc_gives_whole_pages(void)
{
    if (room() < 4 * 4096) {
        tap_comment("left out: this board has no room for three pages");
        return;
    }
    void *p = launder(pvalloc(4097));
    CHECK(p != NULL && aligned(p, 4096) && malloc_usable_size(p) == 2 * 4096);
    free(p);
    CHECK(system_empty());
}

static void realloc_takes_an_aligned_block(void)
{
    char *p = launder(memalign(128, 100));
    fill(p, 100, 3);
    p = launder(realloc(p, 700));
    CHECK(p != NULL && filled(p, 100, 3));
    p = launder(realloc(p, 20));
    CHECK(p != NULL && filled(p, 20, 3));
    free(p);
    CHECK(system_empty());
}

static void an_alignment_that_is_none_is_refused(void)
{
    static const size_t bad[] = {0, 3, 6, 12, 24, 100, SIZE_MAX};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        void *p = &errno;
        errno = 0;
        CHECK(launder(memalign(bad[i], 8)) == NULL && errno == EINVAL);
        errno = 0;
        CHECK(launder(aligned_alloc(bad[i], 8)) == NULL && errno == EINVAL);
        errno = 0;
        CHECK(posix_memalign(&p, bad[i], 8) == EINVAL && errno == 0 && p == &errno);
    }
}

TAP_MAIN(TEST(memalign_aligns_to_every_power_of_two), TEST(aligned_alloc_and_posix_memalign_align_as_well),
         TEST(both_gaps_serve_again), TEST(an_aligned_block_lives_in_a_free_block_between_others),
         TEST(alignment_costs_nothing_after_the_block_is_found), TEST(valloc_and_pvalloc_give_pages),
         TEST(pvalloc_gives_whole_pages), TEST(realloc_takes_an_aligned_block),
         TEST(an_alignment_that_is_none_is_refused))
