/* What an operation proves before it trusts it, word by word: each proof fails once by itself.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 420 * CAIRN_GRANULE, SMALL = 3, FREE = 10 };

static _Alignas(16) char memory[MEMORY];
static struct cairn_heap *heap;
static char *kept;
static index_t freed; /* a free block of FREE granules, alone in its bin, with live blocks around it */

static char *take(size_t granules)
{
    char *p = launder(cairn_malloc(heap, granules * CAIRN_GRANULE));
    CHECK(p != NULL);
    return p;
}

static void make_heap(size_t size)
{
    memset(memory, 0, MEMORY);
    heap = cairn_init(memory, size);
    kept = take(SMALL);
    take(SMALL);
    char *p = take(FREE);
    take(SMALL);
    freed = heap_granule_index(heap, p);
    cairn_free(heap, p);
}

static size_t wanted; /* granules that do_malloc() asks for */

static void do_malloc(struct cairn_heap *of, void *p)
{
    (void)p;
    (void)cairn_malloc(of, wanted * CAIRN_GRANULE);
}

static void do_free(struct cairn_heap *of, void *p)
{
    cairn_free(of, p);
}

/* Does a request for so many granules end with this report? */
static bool a_request_ends(size_t granules, enum cairn_reason reason, const void *address)
{
    wanted = granules;
    return is_fatal(do_malloc, heap, NULL) && fatal_reason == reason && fatal_address == address;
}

static bool a_free_ends(enum cairn_reason reason, const void *address)
{
    return is_fatal(do_free, heap, kept) && fatal_reason == reason && fatal_address == address;
}

static struct granule *bin_at(index_t size)
{
    return heap_granule(heap, bin_of(size));
}

/* The last bin that a set can have is past the top of so small a heap. */
static void a_mark_of_a_bin_above_the_top_is_found(void)
{
    make_heap(60 * CAIRN_GRANULE);
    heap->nonempty = 1;
    heap->top = (link_t)(BIN_COUNT - 1u);
    CHECK(a_request_ends(FREE + 10, CAIRN_CORRUPT_CONTROL, &heap->nonempty));
}

static void a_bin_that_leads_above_the_top_is_found_by_a_request(void)
{
    make_heap(MEMORY);
    bin_at(FREE)->next = heap->top;
    CHECK(a_request_ends(FREE, CAIRN_CORRUPT_LINK, bin_at(FREE)));
}

static void a_bin_that_leads_to_what_does_not_name_it_is_found_by_a_request(void)
{
    make_heap(MEMORY);
    heap_granule(heap, freed)->prev = 0;
    CHECK(a_request_ends(FREE, CAIRN_CORRUPT_LINK, heap_pointer(heap, freed)));
}

static void a_bin_that_leads_above_the_top_is_found_by_a_free(void)
{
    make_heap(MEMORY);
    bin_at(SMALL)->next = heap->top;
    CHECK(a_free_ends(CAIRN_CORRUPT_LINK, bin_at(SMALL)));
}

static void a_bin_that_leads_to_what_does_not_name_it_is_found_by_a_free(void)
{
    make_heap(MEMORY);
    bin_at(SMALL)->next = (link_t)freed;
    CHECK(a_free_ends(CAIRN_CORRUPT_LINK, heap_pointer(heap, freed)));
}

static void a_limit_whose_copies_differ_is_found_by_a_request(void)
{
    make_heap(MEMORY);
    heap->limit_again ^= 1;
    CHECK(a_request_ends(100, CAIRN_CORRUPT_CONTROL, &heap->limit));
}

static void a_limit_whose_copies_differ_ends_a_walk(void)
{
    make_heap(MEMORY);
    heap->limit_again ^= 1;
    CHECK(!cairn_walk(heap, NULL, NULL));
}

/* The granule at the top is memory that no block has: it may say anything, such as what names it. */
static void no_link_leads_to_the_top(void)
{
    make_heap(MEMORY);
    bin_at(FREE)->next = heap->top;
    heap_granule(heap, heap->top)->prev = (link_t)bin_of(FREE);
    CHECK(a_request_ends(FREE, CAIRN_CORRUPT_LINK, bin_at(FREE)));

    make_heap(MEMORY);
    bin_at(SMALL)->next = heap->top;
    heap_granule(heap, heap->top)->prev = (link_t)bin_of(SMALL);
    CHECK(a_free_ends(CAIRN_CORRUPT_LINK, bin_at(SMALL)));

    make_heap(MEMORY);
    heap_granule(heap, freed)->next = heap->top;
    heap_granule(heap, heap->top)->prev = (link_t)freed;
    CHECK(a_request_ends(FREE, CAIRN_CORRUPT_LINK, heap_pointer(heap, freed)));

    make_heap(MEMORY);
    heap_granule(heap, freed)->prev = heap->top;
    heap_granule(heap, heap->top)->next = (link_t)freed;
    kept = heap_pointer(heap, freed - SMALL);
    CHECK(a_free_ends(CAIRN_CORRUPT_LINK, heap_pointer(heap, freed)));
}

/* Both copies of the size agree, on one that no block of the bin has. */
static void a_size_below_its_bin_is_found(void)
{
    make_heap(MEMORY);
    struct granule *block = heap_granule(heap, freed);
    block->size = block[1].tail = 2;
    CHECK(a_request_ends(FREE - 4, CAIRN_CORRUPT_SIZE, block));
}

static void a_size_past_the_top_is_found(void)
{
    make_heap(MEMORY);
    struct granule *block = heap_granule(heap, freed);
    block->size = (link_t)(heap->top - freed + 1u);
    heap_granule(heap, heap->top)->tail = block->size;
    CHECK(a_request_ends(FREE, CAIRN_CORRUPT_SIZE, block));
    kept = heap_pointer(heap, freed - SMALL);
    CHECK(a_free_ends(CAIRN_CORRUPT_SIZE, block));
}

TAP_MAIN(TEST(a_mark_of_a_bin_above_the_top_is_found), TEST(a_bin_that_leads_above_the_top_is_found_by_a_request),
         TEST(a_bin_that_leads_to_what_does_not_name_it_is_found_by_a_request),
         TEST(a_bin_that_leads_above_the_top_is_found_by_a_free),
         TEST(a_bin_that_leads_to_what_does_not_name_it_is_found_by_a_free),
         TEST(a_limit_whose_copies_differ_is_found_by_a_request), TEST(a_limit_whose_copies_differ_ends_a_walk),
         TEST(no_link_leads_to_the_top), TEST(a_size_below_its_bin_is_found), TEST(a_size_past_the_top_is_found))
