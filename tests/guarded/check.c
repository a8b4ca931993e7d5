/* CAIRN_CHECK=2: cairn_check() finds every byte that was written behind a live block or in free memory, without
 * waiting for the block to be used.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "tap.h"

static _Alignas(64) char memory[1536];
static struct cairn_heap *heap;

/* Live and free blocks in turn, of many sizes, and much that was never used. */
static char *blocks[12];
static size_t sizes[12];

static void set(void)
{
    heap = cairn_init(memory, sizeof memory);
    for (unsigned i = 0; i < 12; i++) {
        sizes[i] = i * 5 % 37;
        blocks[i] = launder(cairn_malloc(heap, sizes[i]));
    }
    for (unsigned i = 1; i < 11; i += 2)
        cairn_free(heap, blocks[i]);
    CHECK(blocks[11] != NULL && sound(heap));
}

static bool finds(int invariant, char *at)
{
    const void *where;
    *at ^= 16;
    bool found = cairn_check(heap, &where) == invariant && where == at;
    found = found && cairn_check(heap, NULL) == invariant;
    *at ^= 16;
    return found;
}

static void a_byte_behind_a_live_block_breaks_i11(void)
{
    set();
    unsigned tried = 0;
    for (unsigned i = 0; i < 12; i += 2) {
        size_t rounded = (sizes[i] + 1 + 2 * sizeof(void *) + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE;
        for (size_t k = sizes[i]; k < rounded - 2 * sizeof(void *); k++, tried++)
            CHECK(finds(11, blocks[i] + k));
    }
    CHECK(tried >= 6 && cairn_check(heap, NULL) == 0);
}

static void a_size_that_does_not_fit_breaks_i11(void)
{
    set();
    size_t *size = (size_t *)(void *)(blocks[1] - sizeof(size_t));
    CHECK(*size == sizes[0]);
    for (size_t wrong = 1; wrong != 0; wrong *= 2) {
        const void *where;
        *size = sizes[0] + CAIRN_GRANULE + wrong;
        CHECK(cairn_check(heap, &where) == 11 && (char *)where >= blocks[0] && (char *)where <= (char *)size);
    }
    *size = sizes[0];
    CHECK(cairn_check(heap, NULL) == 0);
}

/* The tools read it so: who asked, and the block's address, shifted up by half a word. */
static void the_owner_in_a_trailer_is_sealed_by_the_address_of_the_block(void)
{
    static char who[2];
    set();
    for (unsigned i = 0; i < 2; i++) {
        char *p = launder(cairn_private_malloc_for(&who[i], heap, 40));
        uintptr_t *trailer = (uintptr_t *)(void *)(p + bytes_of_block(40)) - 2;
        CHECK(*trailer == ((uintptr_t)&who[i] ^ (uintptr_t)p << 4 * sizeof(uintptr_t)) && trailer[1] == 40);
    }
}

/* As a block for so many bytes would be smaller: there is no such block. */
static void a_size_that_is_too_small_for_its_block_breaks_i11(void)
{
    set();
    size_t *size = (size_t *)(void *)(blocks[9] - sizeof(size_t)); /* block 8's */
    CHECK(*size == sizes[8] && sizes[8] == 3);
    *size = sizes[8] + 2 * CAIRN_GRANULE;
    CHECK(cairn_check(heap, NULL) == 11);
    *size = sizes[8];
    size = (size_t *)(void *)(blocks[7] - sizeof(size_t));
    CHECK(*size == sizes[6] && sizes[6] == 30);
    for (*size = 0; *size < 30 - CAIRN_GRANULE; ++*size) {
        const void *where;
        CHECK(cairn_check(heap, &where) == 11 && (char *)where == blocks[7] - 2 * sizeof(void *));
    }
    *size = sizes[6];
    CHECK(cairn_check(heap, NULL) == 0);
}

/* All but its links and its size at both ends, which other invariants prove. */
static bool find_in_free(void *context, void *p, size_t size, enum cairn_kind kind)
{
    char *start = p;
    unsigned *tried = context;
    enum { LINK = CAIRN_INDEX_BITS / 8 };
    for (size_t k = 3 * LINK; kind == CAIRN_FREE && k < size - LINK; k++, (*tried)++)
        CHECK(finds(12, start + k));
    return true;
}

static void a_byte_of_a_free_block_breaks_i12(void)
{
    unsigned tried = 0;
    set();
    CHECK(cairn_walk(heap, find_in_free, &tried));
    CHECK(tried >= 100 && cairn_check(heap, NULL) == 0);
}

static void a_byte_above_the_top_breaks_i12(void)
{
    struct cairn_stats stats;
    set();
    cairn_stats(heap, &stats);
    CHECK(stats.can_grow >= 100);
    for (size_t k = 1; k <= stats.can_grow; k++)
        CHECK(finds(12, memory + sizeof memory - k));
    CHECK(cairn_check(heap, NULL) == 0);
}

static void what_others_took_by_sbrk_may_hold_anything(void)
{
    CHECK(keep_room(4000) != NULL);
    void *p = launder(malloc(40));
    char *theirs = sbrk(100);
    fill(theirs, 100, 1);
    void *above = launder(malloc(40));
    CHECK(count_blocks(cairn_system(), CAIRN_RESERVED).blocks == 1);
    CHECK(cairn_check(cairn_system(), NULL) == 0 && filled(theirs, 100, 1));
    free(above);
    free(p);
}

static void what_breaks_another_invariant_is_told_by_that(void)
{
    set();
    heap->used = (link_t)(heap->used + 1u);
    CHECK(cairn_check(heap, NULL) == 10);
    heap->used = (link_t)(heap->used - 1u);
    CHECK(cairn_check(heap, NULL) == 0);
}

TAP_MAIN(TEST(a_byte_behind_a_live_block_breaks_i11), TEST(a_size_that_does_not_fit_breaks_i11),
         TEST(the_owner_in_a_trailer_is_sealed_by_the_address_of_the_block),
         TEST(a_size_that_is_too_small_for_its_block_breaks_i11), TEST(a_byte_of_a_free_block_breaks_i12),
         TEST(a_byte_above_the_top_breaks_i12), TEST(what_others_took_by_sbrk_may_hold_anything),
         TEST(what_breaks_another_invariant_is_told_by_that))
