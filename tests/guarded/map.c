/* CAIRN_CHECK=2 over a map that is not as it was: what is kept with blocks is neither read nor written where the
 * map has no room for it, and a report of it ends.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

enum { SIZE = 1024, LARGE = 100, TRAILER = 2 * sizeof(void *) };
static struct {
    _Alignas(64) char heap[SIZE];
    unsigned char after[64];
} memory;
static struct cairn_heap *heap;

static void set(void)
{
    heap = cairn_init(memory.heap, SIZE);
    for (unsigned i = 0; i < sizeof memory.after; i++)
        memory.after[i] = 0x5a;
}

static bool nothing_is_written_past_the_heap(void)
{
    for (unsigned i = 0; i < sizeof memory.after; i++)
        if (memory.after[i] != 0x5a)
            return false;
    return true;
}

static void free_it(struct cairn_heap *h, void *p)
{
    cairn_free(h, p);
}

static void ask_its_size(struct cairn_heap *h, void *p)
{
    CHECK(cairn_usable_size(h, p) == 0);
}

static void take_large(struct cairn_heap *h, void *p)
{
    (void)p;
    CHECK(cairn_malloc(h, LARGE) == NULL);
}

static void take_aligned(struct cairn_heap *h, void *p)
{
    (void)p;
    CHECK(cairn_aligned_alloc(h, 64, LARGE) == NULL);
}

/* The report of what is_fatal() has found ends, and names no block that does not exist. */
static bool the_report_is_bounded(void)
{
    struct cairn_report report;
    cairn_explain(fatal_reason, fatal_address, &report);
    return report.damaged.size <= SIZE && report.suspect.size <= SIZE;
}

/* The block ends too early: what is there is no trailer. Or it is too small for what is kept with it. */
static void a_boundary_inside_a_live_block_is_found(void)
{
    void (*const actions[])(struct cairn_heap *, void *) = {free_it, ask_its_size};
    for (index_t k = 1; k < LARGE / CAIRN_GRANULE; k++)
        for (unsigned n = 0; n < 2; n++) {
            set();
            char *p = launder(cairn_malloc(heap, LARGE));
            fill(p, LARGE, k); /* what is taken for the size is no size */
            map_turn_bound(heap, heap_granule_index(heap, p) + k);
            CHECK(is_fatal(actions[n], heap, p) && fatal_reason == CAIRN_OVERRUN && the_report_is_bounded());
            size_t bytes = k * CAIRN_GRANULE;
            CHECK(fatal_address == (bytes < bytes_of_block(0) ? p : p + bytes - TRAILER));
        }
}

static void a_boundary_inside_free_memory_is_found_when_it_is_given_out(void)
{
    void (*const actions[])(struct cairn_heap *, void *) = {take_large, take_aligned};
    for (index_t k = 1; k < LARGE / CAIRN_GRANULE; k++)
        for (unsigned n = 0; n < 2; n++) {
            set();
            index_t i = heap->top;
            map_turn_bound(heap, i + k);
            CHECK(is_fatal(actions[n], heap, NULL) && fatal_reason == CAIRN_NOT_A_BLOCK);
            CHECK(fatal_address == heap_pointer(heap, i) && the_report_is_bounded());
        }
}

/* The heap is full: its last block ends where its memory does. Returns that block. */
static char *set_full(void)
{
    struct cairn_stats stats;
    set();
    cairn_stats(heap, &stats);
    char *p = launder(cairn_malloc(heap, stats.can_grow / 2));
    cairn_stats(heap, &stats);
    char *last = launder(cairn_malloc(heap, stats.can_grow - 2 * sizeof(void *) - 1));
    CHECK(p != NULL && last != NULL && heap->top == heap->limit);
    return last;
}

static void without_a_sentinel_free_writes_nothing_past_the_heap(void)
{
    char *last = set_full();
    map_tile(heap, heap->top)->used &= ~map_mask(heap->top);
    CHECK(!is_fatal(free_it, heap, last) || the_report_is_bounded());
    CHECK(nothing_is_written_past_the_heap());
}

static void without_a_sentinel_a_report_ends_at_the_top(void)
{
    struct cairn_report report;
    char *last = set_full();
    map_turn_bound(heap, heap->top);
    cairn_explain(CAIRN_OVERRUN, last, &report);
    CHECK(report.damaged.start == last && report.damaged.live);
    CHECK(last + report.damaged.size <= memory.heap + SIZE);
}

static void a_top_past_the_limit_is_not_looked_for(void)
{
    struct cairn_report report;
    char *last = set_full();
    heap->top = (link_t)-1;
    cairn_explain(CAIRN_OVERRUN, last, &report);
    CHECK(report.damaged.start == NULL && report.suspect.start == NULL);
}

TAP_MAIN(TEST(a_boundary_inside_a_live_block_is_found),
         TEST(a_boundary_inside_free_memory_is_found_when_it_is_given_out),
         TEST(without_a_sentinel_free_writes_nothing_past_the_heap), TEST(without_a_sentinel_a_report_ends_at_the_top),
         TEST(a_top_past_the_limit_is_not_looked_for))
