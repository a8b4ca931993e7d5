/* CAIRN_SITES_STACK: sites that are told apart by who called their caller.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

/* ---- Who asks -------------------------------------------------------------------------------------- */

/* The only function that allocates, as in a firmware with a wrapper. No call here is the last thing that is done. */
static __attribute__((noinline, noclone)) char *wrapper(size_t size)
{
    char *p = launder(malloc(size));
    p[0] = 1;
    return p;
}

static __attribute__((noinline, noclone)) char *from_net(size_t size)
{
    char *p = wrapper(size);
    p[1] = 2;
    return p;
}

static __attribute__((noinline, noclone)) char *from_log(size_t size)
{
    char *p = wrapper(size);
    p[1] = 3;
    return p;
}

static __attribute__((noinline, noclone)) char *grown_by_log(char *p, size_t size)
{
    p = launder(realloc(p, size));
    p[2] = 4;
    return p;
}

static bool is_in(const void *address, const void *function)
{
    return (uintptr_t)address - (uintptr_t)function < 200;
}

static bool is_among(const void *const *calls, const void *function)
{
    for (unsigned i = 0; i < CAIRN_SITES_STACK; i++)
        if (is_in(calls[i], function))
            return true;
    return false;
}

/* The site that a function asks through the wrapper, and which has most live blocks; one without blocks if none has. */
static struct cairn_site site_through_wrapper(const void *function)
{
    struct cairn_site site, found = {.blocks = 0};
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        if (is_in(site.caller, (const void *)(uintptr_t)wrapper) && is_among(site.calls, function) &&
            site.blocks > found.blocks)
            found = site;
    return found;
}

/* ---- Tests ----------------------------------------------------------------------------------------- */

static void one_wrapper_has_a_site_for_each_of_its_callers(void)
{
    static volatile unsigned count = 3; /* one call, in a loop that is not unrolled */
    char *of_net[3], *of_log = from_log(50);
    for (unsigned i = 0; i < count; i++)
        of_net[i] = from_net(10 + i);
    struct cairn_site net = site_through_wrapper((const void *)(uintptr_t)from_net);
    struct cairn_site log = site_through_wrapper((const void *)(uintptr_t)from_log);
    CHECK(net.blocks == 3 && net.bytes == 33 && net.peak == 33);
    CHECK(log.blocks == 1 && log.bytes == 50);
    CHECK(net.caller == log.caller);
    free(of_net[1]);
    net = site_through_wrapper((const void *)(uintptr_t)from_net);
    CHECK(net.blocks == 2 && net.bytes == 22 && net.peak == 33);
    free(of_net[0]), free(of_net[2]), free(of_log);
    CHECK(site_through_wrapper((const void *)(uintptr_t)from_net).blocks == 0);
    CHECK(site_through_wrapper((const void *)(uintptr_t)from_log).blocks == 0);
    CHECK(system_empty());
}

static void who_resizes_a_block_has_it(void)
{
    char *p = grown_by_log(from_net(30), 60);
    CHECK(site_through_wrapper((const void *)(uintptr_t)from_net).blocks == 0);
    struct cairn_site site, found = {.blocks = 0};
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        if (is_in(site.caller, (const void *)(uintptr_t)grown_by_log))
            found = site;
    CHECK(found.blocks == 1 && found.bytes == 60);
    free(p);
    CHECK(system_empty());
}

static void calls_are_as_many_as_there_are(void)
{
    char *p = from_net(20);
    struct cairn_site site = site_through_wrapper((const void *)(uintptr_t)from_net);
    bool ended = false;
    for (unsigned i = 0; i < CAIRN_SITES_STACK; i++) {
        CHECK(!ended || site.calls[i] == NULL);
        CHECK(site.calls[i] != site.caller);
        ended = ended || site.calls[i] == NULL;
    }
    free(p);
    CHECK(system_empty());
}

/* The call is on the stack once for each level. */
static __attribute__((noinline, noclone)) char *deep(unsigned levels)
{
    char *p = levels > 0 ? deep(levels - 1) : wrapper(5);
    p[3] = (char)levels;
    return p;
}

static void what_finds_no_place_is_summed_up(void)
{
    static char who[3 * CAIRN_SITES];
    void *blocks[3 * CAIRN_SITES];
    struct cairn_site others, site;
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0);
    for (unsigned i = 0; i < 3 * CAIRN_SITES; i++)
        blocks[i] = launder(cairn_malloc_for(&who[i], 3));
    uint32_t placed = 0;
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        placed += site.blocks;
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks >= 2 * CAIRN_SITES);
    CHECK(placed + others.blocks == 3 * CAIRN_SITES && others.bytes == 3 * others.blocks);
    for (unsigned i = 0; i < 3 * CAIRN_SITES; i++)
        free(blocks[i]);
    free(deep(12));
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0 && others.bytes == 0);
    CHECK(system_empty());
}

/* Whatever calls were found, the wrapper's block has an entry. */
static void an_entry_without_blocks_is_given_to_another_site(void)
{
    struct cairn_site site, found = {.blocks = 0};
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        CHECK(site.caller != NULL && site.blocks == 0);
    char *p = from_net(9);
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        if (site.blocks != 0)
            found = site;
    CHECK(is_in(found.caller, (const void *)(uintptr_t)wrapper));
    CHECK(found.blocks == 1 && found.bytes == 9 && found.peak == 9);
    free(p);
    CHECK(system_empty());
}

/* While the table has places first. */
TAP_MAIN(TEST(one_wrapper_has_a_site_for_each_of_its_callers), TEST(who_resizes_a_block_has_it),
         TEST(calls_are_as_many_as_there_are), TEST(what_finds_no_place_is_summed_up),
         TEST(an_entry_without_blocks_is_given_to_another_site))
