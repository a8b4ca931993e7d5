/* CAIRN_SITES=16, with counts or without: who holds what.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

#include <errno.h>

static char who[40]; /* the callers are addresses of its elements */

static bool site_of(const void *caller, struct cairn_site *site)
{
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, site); n++)
        if (site->caller == caller)
            return true;
    return false;
}

static void who_is_not_known_is_summed_up_as_well(void)
{
    struct cairn_site before, others;
    CHECK(cairn_read_site(CAIRN_SITES, &before));
    void *p = launder(cairn_malloc_for(NULL, 5));
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks + 1 &&
          others.bytes == before.bytes + 5);
    free(p);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks && others.bytes == before.bytes);
}

static void a_site_has_its_live_bytes_and_their_peak(void)
{
    struct cairn_site site;
    void *p = launder(cairn_malloc_for(&who[10], 33));
    void *q = launder(cairn_malloc_for(&who[10], 11));
    CHECK(site_of(&who[10], &site) && site.blocks == 2 && site.bytes == 44 && site.peak == 44);
    free(p);
    CHECK(site_of(&who[10], &site) && site.blocks == 1 && site.bytes == 11 && site.peak == 44);
    free(launder(cairn_malloc_for(&who[10], 5)));
    CHECK(site_of(&who[10], &site) && site.blocks == 1 && site.bytes == 11 && site.peak == 44);
    q = launder(cairn_realloc_for(&who[12], q, 20)); /* it is the other's now */
    CHECK(site_of(&who[10], &site) && site.blocks == 0 && site.bytes == 0);
    CHECK(site_of(&who[12], &site) && site.blocks == 1 && site.bytes == 20);
    CHECK(malloc_usable_size(q) == 20);
    q = launder(realloc(q, 3)); /* by this function */
    CHECK(site_of(&who[12], &site) && site.blocks == 0 && site.bytes == 0);
    free(q);
}

/* Where the owner of a block of `size` bytes is kept. */
static uintptr_t *owner_kept_with(char *p, size_t size)
{
    return (uintptr_t *)launder(p + bytes_of_block(size)) - 2;
}

/* At level 2 free memory is filled. */
static bool erased(const uintptr_t *owner, uintptr_t old)
{
    return CAIRN_CHECK == 2 ? *owner != old : *owner == 0;
}

/* A tool that reads the memory must not take an old trailer for that of a live block. */
static void a_place_that_a_block_has_left_has_no_owner(void)
{
    static const size_t sizes[] = {200, 100, 150, 400};
    char *p = launder(malloc(sizes[0]));
    void *above = NULL;
    for (unsigned i = 1; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (sizes[i] == 400) /* no room: the block moves; below level 2 it did not before */
            above = launder(malloc(1));
        uintptr_t *owner = owner_kept_with(p, sizes[i - 1]), old = *owner;
        CHECK(old != 0);
        p = launder(realloc(p, sizes[i]));
        CHECK(p != NULL && erased(owner, old));
    }
    uintptr_t *owner = owner_kept_with(p, 400), old = *owner;
    CHECK(p > (char *)above);
    free(p);
    CHECK(erased(owner, old));
    free(above);
    CHECK(malloc_usable_size(NULL) == 0 && system_empty());
}

/* A block whose owner was overwritten is counted off what it says now, or off the sum: no free() makes an entry. */
static void a_freed_block_of_an_owner_without_an_entry_is_one_of_the_sum(void)
{
    struct cairn_site before, others, site;
    CHECK(cairn_read_site(CAIRN_SITES, &before));
    char *p = launder(cairn_malloc_for(&who[14], 5));
    *owner_kept_with(p, 5) ^= 0x100;
    free(p);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks - 1 &&
          others.bytes == before.bytes - 5);
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        CHECK(site.caller != NULL || (site.blocks == 0 && site.bytes == 0));

    p = launder(cairn_malloc_for(NULL, 5)); /* and the other way round: both are as they were */
    *owner_kept_with(p, 5) ^= (uintptr_t)&who[14];
    free(p);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks && others.bytes == before.bytes);
    CHECK(site_of(&who[14], &site) && site.blocks == 0 && site.bytes == 0);
}

static __attribute__((noinline)) void *from_here(void)
{
    void *p = launder(malloc(77));
    return launder(p);
}

static void a_plain_call_counts_for_the_address_behind_it(void)
{
    void *p = from_here();
    bool found = false;
    struct cairn_site site;
    for (uint32_t n = 0; cairn_read_site(n, &site); n++)
        if (site.bytes == 77) {
            uintptr_t after = (uintptr_t)site.caller - (uintptr_t)from_here;
            found = after > 0 && after < 100;
        }
    CHECK(found);
    free(p);
}

static void what_finds_no_place_is_summed_up(void)
{
    struct cairn_site others;
    void *blocks[40];
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0 && !cairn_read_site(CAIRN_SITES + 1, &others));
    for (unsigned i = 0; i < 40; i++)
        blocks[i] = launder(cairn_malloc_for(&who[i], 3));
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks >= 40 - CAIRN_SITES &&
          others.bytes == 3 * others.blocks);
    CHECK(others.caller == NULL);
    uint32_t placed = 0;
    struct cairn_site site;
    for (uint32_t n = 0; n < CAIRN_SITES; n++)
        if (cairn_read_site(n, &site))
            placed += site.blocks;
    CHECK(placed + others.blocks == 40);
    for (unsigned i = 0; i < 40; i++)
        free(blocks[i]);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0 && others.bytes == 0 && others.peak != 0);
    CHECK(system_empty());
}

static void nobody_holds_what_was_refused(void)
{
    struct cairn_site site;
    errno = 0;
    CHECK(cairn_malloc_for(&who[20], SIZE_MAX) == NULL && errno == ENOMEM);
    CHECK(!site_of(&who[20], &site));
    CHECK(system_empty());
}

static void take(struct cairn_heap *heap, void *p)
{
    (void)heap, (void)p;
    CHECK(malloc(100) == NULL);
}

/* The map is not as it was. This leaves the heap damaged. */
static void a_boundary_inside_what_is_given_out_is_found(void)
{
    struct cairn_heap *heap = cairn_system();
    index_t i = heap->top;
    map_turn_bound(heap, i + 1u);
    CHECK(is_fatal(take, NULL, NULL) && fatal_reason == CAIRN_NOT_A_BLOCK && fatal_address == heap_pointer(heap, i));
}

/* While the table has places first. */
TAP_MAIN(TEST(who_is_not_known_is_summed_up_as_well), TEST(nobody_holds_what_was_refused),
         TEST(a_place_that_a_block_has_left_has_no_owner), TEST(a_site_has_its_live_bytes_and_their_peak),
         TEST(a_freed_block_of_an_owner_without_an_entry_is_one_of_the_sum),
         TEST(a_plain_call_counts_for_the_address_behind_it), TEST(what_finds_no_place_is_summed_up),
         TEST(a_boundary_inside_what_is_given_out_is_found))
