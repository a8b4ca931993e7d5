/* CAIRN_SITES_STACK: sites that are told apart by who called their caller.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

/* ---- Who asks -------------------------------------------------------------------------------------- */

static const void *asker; /* where the wrapper's last call returned to */

/* The only function that allocates, as in a firmware with a wrapper. No call here is the last thing that is done. */
static APART char *wrapper(size_t size)
{
    asker = __builtin_return_address(0);
    char *p = launder(malloc(size));
    p[0] = 1;
    return p;
}

static APART char *from_net(size_t size)
{
    char *p = wrapper(size);
    p[1] = 2;
    return p;
}

static APART char *from_log(size_t size)
{
    char *p = wrapper(size);
    p[1] = 3;
    return p;
}

static APART char *grown_by_log(char *p, size_t size)
{
    p = launder(realloc(p, size));
    p[2] = 4;
    return p;
}

/* Is the address in the function, and not in the other one that asks? */
static bool is_in(const void *address, const void *function)
{
    const uintptr_t others[] = {(uintptr_t)wrapper, (uintptr_t)grown_by_log};
    uintptr_t at = (uintptr_t)address, start = (uintptr_t)function;
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] > start && others[i] <= at)
            return false;
    return at - start < 200;
}

/* The site that a call of the wrapper asked for; one without blocks if there is none. Thumb's bit may be set in the
 * nearest call or in what the wrapper has seen of it. */
static struct cairn_site site_through_wrapper(const void *call)
{
    struct cairn_site site, found = {.blocks = 0};
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        if (is_in(site.caller, (const void *)(uintptr_t)wrapper) && site.blocks > 0 &&
            ((uintptr_t)site.calls[0] | 1u) == ((uintptr_t)call | 1u))
            found = site;
    return found;
}

/* Blocks may be held in a quarantine. */
static bool nothing_is_used(void)
{
    return sound(cairn_system()) && count_blocks(cairn_system(), CAIRN_USED).blocks == 0;
}

/* ---- Tests ----------------------------------------------------------------------------------------- */

static void one_wrapper_has_a_site_for_each_of_its_callers(void)
{
    static volatile unsigned count = 3; /* one call, in a loop that is not unrolled */
    clear_stack_below();
    char *of_net[3], *of_log = from_log(50);
    const void *in_log = asker;
    for (unsigned i = 0; i < count; i++) {
        clear_stack_below();
        of_net[i] = from_net(10 + i);
    }
    const void *in_net = asker;
    CHECK(in_log != in_net);
    struct cairn_site net = site_through_wrapper(in_net);
    struct cairn_site log = site_through_wrapper(in_log);
    CHECK(net.blocks == 3 && net.bytes == 33 && net.peak == 33);
    CHECK(log.blocks == 1 && log.bytes == 50);
    CHECK(net.caller == log.caller);
    free(of_net[1]);
    net = site_through_wrapper(in_net);
    CHECK(net.blocks == 2 && net.bytes == 22 && net.peak == 33);
    free(of_net[0]), free(of_net[2]), free(of_log);
    CHECK(site_through_wrapper(in_net).blocks == 0);
    CHECK(site_through_wrapper(in_log).blocks == 0);
    CHECK(nothing_is_used());
}

/* As cairn_malloc_for(). Who calls it by such a pointer calls nothing else: no other call is left on the stack. */
typedef void *request_for(const void *caller, size_t size);

/* One owner, twelve ways to it, in a table of sixteen: their places coincide. The way is on the stack once. */
enum { WAYS = 12 };
#define WAY(n)                                   \
    case n:                                      \
        p = wrapper_for(request, caller, 4 + n); \
        __asm volatile("" : : "i"(n));           \
        break;

static APART char *wrapper_for(request_for *request, const void *caller, size_t size)
{
    char *p = launder(request(caller, size));
    p[0] = 1;
    return p;
}

static APART char *by_way(request_for *request, const void *caller, unsigned n)
{
    char *p = NULL;
    switch (n) {
        WAY(0) WAY(1) WAY(2) WAY(3) WAY(4) WAY(5) WAY(6) WAY(7) WAY(8) WAY(9) WAY(10) WAY(11) default : break;
    }
    return p;
}

static void no_two_ways_to_a_wrapper_share_an_entry(void)
{
    char *blocks[WAYS];
    for (unsigned n = 0; n < WAYS; n++) {
        clear_stack_below();
        blocks[n] = by_way(cairn_malloc_for, blocks, n);
    }
    struct cairn_site site;
    unsigned placed = 0;
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++) {
        CHECK(site.blocks <= 1);
        placed += site.blocks;
    }
    CHECK(placed > CAIRN_SITES / 2 && cairn_read_site(CAIRN_SITES, &site) && placed + site.blocks == WAYS);
    for (unsigned n = 0; n < WAYS; n++)
        free(blocks[n]);
    CHECK(nothing_is_used());
}

static void who_is_not_known_is_summed_up(void)
{
    struct cairn_site before, others;
    CHECK(cairn_read_site(CAIRN_SITES, &before));
    void *p = launder(cairn_malloc_for(NULL, 5));
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks + 1);
    free(p);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == before.blocks);
    CHECK(nothing_is_used());
}

static void who_resizes_a_block_has_it(void)
{
    clear_stack_below();
    char *p = grown_by_log(from_net(30), 60);
    CHECK(site_through_wrapper(asker).blocks == 0);
    struct cairn_site site, found = {.blocks = 0};
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        if (is_in(site.caller, (const void *)(uintptr_t)grown_by_log))
            found = site;
    CHECK(found.blocks == 1 && found.bytes == 60);
    free(p);
    CHECK(nothing_is_used());
}

/* The call is on the stack once for each level. */
static APART char *deep(unsigned levels)
{
    char *p = levels > 0 ? deep(levels - 1) : wrapper(5);
    p[3] = (char)levels;
    return p;
}

static void a_site_has_its_caller_once_and_calls_up_to_the_first_that_is_null(void)
{
    clear_stack_below();
    char *p = deep(3 * CAIRN_SITES_STACK);
    struct cairn_site site = site_through_wrapper(asker);
    CHECK(site.blocks == 1 && site.calls[0] != NULL);
    for (unsigned i = 0; i < CAIRN_SITES_STACK; i++) {
        CHECK(site.calls[i] != site.caller);
        CHECK(i == 0 || site.calls[i] == NULL || site.calls[i - 1] != NULL);
#ifndef __i386__ /* where a sanitizer's frames are larger than what is looked at */
        CHECK(site.calls[i] != NULL);
#endif
    }
    free(p);
    CHECK(nothing_is_used());
}

/* A frame of more words than are looked at: first `count` of `words`, then 0. What is given to it lies in memory: in
 * registers, it could be saved in such a frame. */
static APART __attribute__((no_sanitize("address"))) char *
with_words(request_for *request, const void *const volatile *caller, const volatile uintptr_t *words, unsigned count)
{
    volatile uintptr_t frame[160];
    for (unsigned i = 0; i < sizeof frame / sizeof *frame; i++)
        frame[i] = i < count ? words[i] : 0;
    char *p = launder(request(*caller, 5));
    p[0] = (char)frame[0];
    return p;
}

/* How many of the calls of the caller's site are the word; all of its sites have blocks. */
static unsigned calls_of(const void *caller, uintptr_t word)
{
    struct cairn_site site;
    unsigned count = 0;
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        for (unsigned i = 0; i < CAIRN_SITES_STACK; i++)
            count += site.caller == caller && site.blocks != 0 && (uintptr_t)site.calls[i] == word;
    return count;
}

/* Where arguments are on the stack, a caller is, too. */
#ifdef __i386__
enum { CALLER_IS_ON_STACK = 1 };
#else
enum { CALLER_IS_ON_STACK = 0 };
#endif

/* No other ones, such as those of an earlier request; but a call for a sanitizer may have left one or two. */
static void a_site_has_the_calls_that_are_found_except_its_caller(void)
{
    static volatile uintptr_t words[CAIRN_SITES_STACK + 1]; /* one from_net(), then as many from_log() */
    static const void *volatile caller;
    clear_stack_below();
    char *of_net = from_net(4);
    words[0] = (uintptr_t)site_through_wrapper(asker).calls[0];
    clear_stack_below();
    char *of_log = from_log(4);
    for (unsigned i = 1; i <= CAIRN_SITES_STACK; i++)
        words[i] = (uintptr_t)site_through_wrapper(asker).calls[0];
    free(of_net), free(of_log);
    CHECK(words[0] != 0 && words[1] != 0 && words[0] != words[1]);

    clear_stack_below();
    caller = &asker;
    char *p = with_words(cairn_malloc_for, &caller, words, CAIRN_SITES_STACK + 1);
    CHECK(calls_of(caller, words[0]) == 1 && calls_of(caller, words[1]) != 0);
    free(p);
    caller = (const void *)words[0];
    p = with_words(cairn_malloc_for, &caller, words + CALLER_IS_ON_STACK, CAIRN_SITES_STACK + 1 - CALLER_IS_ON_STACK);
    CHECK(calls_of(caller, words[0]) == 0 && calls_of(caller, words[1]) != 0 && calls_of(caller, 0) == 0);
    free(p);
    caller = &asker;
    p = with_words(cairn_malloc_for, &caller, words, 0);
    CHECK(calls_of(caller, words[0]) == 0 && calls_of(caller, words[1]) == 0);
    free(p);
    CHECK(nothing_is_used());
}

/* So many callers that each entry of the table is found by some, wherever the program lies. No two are as one to it. */
enum { MANY = 5 * CAIRN_SITES, APART_BY = 2 };
static char who[MANY * APART_BY];

static void what_finds_no_place_is_summed_up(void)
{
    void *blocks[MANY];
    struct cairn_site others, site;
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0);
    for (unsigned i = 0; i < MANY; i++)
        blocks[i] = launder(cairn_malloc_for(&who[APART_BY * i], 3));
    uint32_t placed = 0;
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        placed += site.blocks;
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks >= MANY - CAIRN_SITES);
    CHECK(placed + others.blocks == MANY && others.bytes == 3 * others.blocks);
    for (unsigned i = 0; i < MANY; i++)
        free(blocks[i]);
    CHECK(cairn_read_site(CAIRN_SITES, &others) && others.blocks == 0 && others.bytes == 0);
    CHECK(nothing_is_used());
}

/* By their caller alone they are spread over it. */
static void sites_without_calls_fill_the_table(void)
{
    static const void *volatile caller;
    void *blocks[MANY];
    clear_stack_below();
    for (unsigned i = 0; i < MANY; i++) {
        caller = &who[APART_BY * i];
        blocks[i] = with_words(cairn_malloc_for, &caller, NULL, 0);
    }
    struct cairn_site site;
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        CHECK(site.blocks == 1);
    for (unsigned i = 0; i < MANY; i++)
        free(blocks[i]);
    CHECK(nothing_is_used());
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
    CHECK(nothing_is_used());
}

#if CAIRN_CHECK == 2

/* The table is full of others' blocks, too large for the place of the freed one. */
static void who_had_a_freed_block_is_known_when_its_entry_is_anothers(void)
{
    void *others[MANY];
    char *freed = from_net(30), *above = from_log(8);
    free(freed);
    for (unsigned i = 0; i < MANY; i++)
        others[i] = launder(cairn_malloc_for(&who[APART_BY * i], 50));
    struct cairn_site site;
    for (uint32_t n = 0; n < CAIRN_SITES && cairn_read_site(n, &site); n++)
        CHECK(site.blocks != 0);
    struct cairn_report report;
    cairn_explain(CAIRN_WRITE_AFTER_FREE, freed + 9, &report);
    CHECK(report.damaged.start == freed && is_in(report.damaged.owner, (const void *)(uintptr_t)wrapper));
    for (unsigned i = 0; i < MANY; i++)
        free(others[i]);
    free(above);
    CHECK(nothing_is_used());
}

/* It is one that the block's trailer has kept alone, or it was overwritten. */
static void an_owner_outside_the_table_is_no_entry(void)
{
    enum { SIZE = 30, SEAL = sizeof(uintptr_t) * 4 };
    char *p = launder(cairn_malloc_for(&who[0], SIZE));
    struct cairn_site site;
    uint32_t n = 0;
    while (CHECK(n < CAIRN_SITES) && cairn_read_site(n, &site) && (site.caller != &who[0] || site.blocks != 1))
        n++;
    uintptr_t *kept = (uintptr_t *)launder(p + bytes_of_block(SIZE)) - 2, whole = *kept;
    uintptr_t seal = (uintptr_t)p << SEAL, table = (whole ^ seal) - n * sizeof site;
    struct cairn_report report;
    for (unsigned k = 0; k <= CAIRN_SITES; k++) {
        uintptr_t other = table + k * sizeof site;
        *kept = other ^ seal;
        cairn_explain(CAIRN_OVERRUN, p + SIZE, &report);
        CHECK(report.damaged.start == p && (report.damaged.owner == (const void *)other) == (k == CAIRN_SITES));
        CHECK(k != n || report.damaged.owner == &who[0]);
    }
    *kept = whole;
    free(p);
    CHECK(nothing_is_used());
}

#define WITH_REPORTS \
    , TEST(who_had_a_freed_block_is_known_when_its_entry_is_anothers), TEST(an_owner_outside_the_table_is_no_entry)
#else
#define WITH_REPORTS
#endif

/* While the table has places first. */
TAP_MAIN(TEST(one_wrapper_has_a_site_for_each_of_its_callers), TEST(who_is_not_known_is_summed_up),
         TEST(who_resizes_a_block_has_it), TEST(a_site_has_its_caller_once_and_calls_up_to_the_first_that_is_null),
         TEST(a_site_has_the_calls_that_are_found_except_its_caller), TEST(no_two_ways_to_a_wrapper_share_an_entry),
         TEST(what_finds_no_place_is_summed_up), TEST(sites_without_calls_fill_the_table),
         TEST(an_entry_without_blocks_is_given_to_another_site) WITH_REPORTS)
