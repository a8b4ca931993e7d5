/* The FreeRTOS heap: each function of it, over the system heap or over ucHeap, as it was compiled.
 *
 * heap_cairn.o was compiled with other names for what this file watches: no bytes may be copied or
 * cleared with the lock held.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "kernel.h"
#include "tap.h"

#include <string.h>

void *pvPortCalloc(size_t count, size_t size);
void *pvPortRealloc(void *p, size_t size);
void xPortResetHeapMinimumEverFreeHeapSize(void);
void vPortHeapResetState(void);
void vApplicationMallocFailedHook(void);
struct cairn_heap *watched_init(void *memory, size_t size);
void *watched_realloc(struct cairn_heap *heap, void *p, size_t size);
void *watched_memcpy(void *to, const void *from, size_t size);
void *watched_memset(void *to, int byte, size_t size);

enum { ROOM = 4096 };

#if defined OVER_UCHEAP && configAPPLICATION_ALLOCATED_HEAP == 1
uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#endif

/* ---- What is watched -------------------------------------------------------------------------- */

static unsigned hooks;         /* calls of the hook */
static unsigned in_lock;       /* of anything that must not be called with the lock held */
static struct cairn_heap *own; /* the heap in ucHeap */
static size_t traced;          /* bytes in blocks, as the trace tells them */

void vApplicationMallocFailedHook(void)
{
    hooks++;
    in_lock += kernel_masked() || kernel_suspended != 0;
}

struct cairn_heap *watched_init(void *memory, size_t size)
{
    own = cairn_init(memory, size);
    return own;
}

void *watched_realloc(struct cairn_heap *heap, void *p, size_t size)
{
    void *moved = cairn_realloc(heap, p, size);
    in_lock += moved != p;
    return moved;
}

void *watched_memcpy(void *to, const void *from, size_t size)
{
    in_lock += kernel_masked();
    return memcpy(to, from, size);
}

void *watched_memset(void *to, int byte, size_t size)
{
    in_lock += kernel_masked();
    return memset(to, byte, size);
}

void trace_malloc(const void *p, size_t size)
{
    traced += p != NULL ? size : 0;
    in_lock += kernel_masked();
}

void trace_free(const void *p, size_t size)
{
    traced -= p != NULL ? size : 0;
    in_lock += kernel_masked();
}

/* ---- What is expected -------------------------------------------------------------------------- */

static size_t taken, given; /* requests that were served, blocks given back */
static size_t lowest;       /* fewest free bytes */
static size_t all;          /* bytes of an empty heap */

static struct cairn_heap *heap(void)
{
#ifdef OVER_UCHEAP
    return own;
#else
    return cairn_system();
#endif
}

static bool free_block(void *context, void *block, size_t size, enum cairn_kind kind)
{
    HeapStats_t *expected = context;
    (void)block;
    if (kind != CAIRN_FREE)
        return true;
    expected->xAvailableHeapSpaceInBytes += size;
    expected->xNumberOfFreeBlocks++;
    if (size > expected->xSizeOfLargestFreeBlockInBytes)
        expected->xSizeOfLargestFreeBlockInBytes = size;
    if (size < expected->xSizeOfSmallestFreeBlockInBytes)
        expected->xSizeOfSmallestFreeBlockInBytes = size;
    return true;
}

/* The figures that a walk of this file's gives. */
static HeapStats_t expect(void)
{
    HeapStats_t expected = {.xSizeOfSmallestFreeBlockInBytes = SIZE_MAX};
    struct cairn_stats stats;
    cairn_walk(heap(), free_block, &expected);
    cairn_stats(heap(), &stats);
    if (stats.can_grow != 0)
        free_block(&expected, NULL, stats.can_grow, CAIRN_FREE);
    if (expected.xAvailableHeapSpaceInBytes < lowest)
        lowest = expected.xAvailableHeapSpaceInBytes;
    expected.xMinimumEverFreeBytesRemaining = lowest;
    expected.xNumberOfSuccessfulAllocations = taken;
    expected.xNumberOfSuccessfulFrees = given;
    return expected;
}

static void check_figures(void)
{
    HeapStats_t expected = expect();
    HeapStats_t figures;
    memset(&figures, 0xA5, sizeof figures);
    vPortGetHeapStats(&figures);
    CHECK(figures.xAvailableHeapSpaceInBytes == expected.xAvailableHeapSpaceInBytes);
    CHECK(figures.xSizeOfLargestFreeBlockInBytes == expected.xSizeOfLargestFreeBlockInBytes);
    CHECK(figures.xSizeOfSmallestFreeBlockInBytes == expected.xSizeOfSmallestFreeBlockInBytes);
    CHECK(figures.xNumberOfFreeBlocks == expected.xNumberOfFreeBlocks);
    CHECK(figures.xMinimumEverFreeBytesRemaining == lowest);
    CHECK(figures.xNumberOfSuccessfulAllocations == taken);
    CHECK(figures.xNumberOfSuccessfulFrees == given);
    CHECK(xPortGetFreeHeapSize() == expected.xAvailableHeapSpaceInBytes);
    CHECK(xPortGetMinimumEverFreeHeapSize() == lowest);
    CHECK(sound(heap()));
    CHECK(!kernel_masked() && kernel_suspended == 0 && in_lock == 0);
#ifdef TRACED
    CHECK(traced == all - expected.xAvailableHeapSpaceInBytes);
#endif
}

/* A request that is to be served: of a new block, or for one that is there; or refused. */
static char *resized(void *p)
{
    char *q = launder(p);
    CHECK(q != NULL && aligned(q, portBYTE_ALIGNMENT) && hooks == 0);
    return q;
}

static char *served(void *p)
{
    taken++;
    expect(); /* the minimum */
    return resized(p);
}

static void refused(void *p)
{
    CHECK(launder(p) == NULL && hooks == 1);
    hooks = 0;
    check_figures();
}

static void *take(size_t size)
{
    return served(pvPortMalloc(size));
}

static void give(void *p)
{
    vPortFree(p);
    given++;
}

/* ---- The tests --------------------------------------------------------------------------------- */

static void figures_are_right_before_the_first_request(void)
{
    keep_room(ROOM);
    all = xPortGetFreeHeapSize();
    lowest = all;
    CHECK(all > ROOM - ROOM / 32 - 272 && all < ROOM);
    HeapStats_t figures;
    vPortGetHeapStats(&figures);
    CHECK(figures.xNumberOfFreeBlocks == 1 && figures.xSizeOfLargestFreeBlockInBytes == all);
    CHECK(figures.xSizeOfSmallestFreeBlockInBytes == all && figures.xAvailableHeapSpaceInBytes == all);
    CHECK(kernel_suspensions == 0);
    check_figures();
    vPortInitialiseBlocks();
    check_figures();
}

static void blocks_are_taken_and_given_back(void)
{
    char *p = take(100);
    check_figures();
    CHECK(xPortGetFreeHeapSize() == all - 104);
    char *q = take(1);
    fill(p, 100, 1);
    fill(q, 1, 2);
    CHECK(filled(p, 100, 1) && filled(q, 1, 2));
    give(p);
    check_figures(); /* two free blocks: the hole, and what is above the last block */
    HeapStats_t figures;
    vPortGetHeapStats(&figures);
    CHECK(figures.xNumberOfFreeBlocks == 2 && figures.xSizeOfSmallestFreeBlockInBytes == 104);
    CHECK(figures.xSizeOfLargestFreeBlockInBytes == all - 112);
    give(q);
    vPortFree(NULL);
    check_figures();
    CHECK(all_free(heap()));
}

static void zero_bytes_give_a_unique_pointer_and_no_hook(void)
{
    char *p = take(0);
    char *q = take(0);
    char *r = served(pvPortCalloc(0, 8));
    CHECK(p != q && q != r && p != r);
    give(r);
    give(q);
    give(p);
    check_figures();
}

static void a_refused_request_calls_the_hook_once_outside_the_lock(void)
{
    char *p = take(200);
    fill(p, 200, 3);
    refused(pvPortMalloc(SIZE_MAX));
    refused(pvPortMalloc(SIZE_MAX - 6));
    refused(pvPortMalloc((size_t)PTRDIFF_MAX + 1));
    refused(pvPortMalloc(xPortGetFreeHeapSize() + 1));
    refused(pvPortCalloc(1, xPortGetFreeHeapSize() + 1));
    refused(pvPortCalloc(SIZE_MAX / 2 + 1, 2));
    refused(pvPortCalloc(SIZE_MAX, SIZE_MAX));
    refused(pvPortRealloc(NULL, SIZE_MAX));
    refused(pvPortRealloc(p, SIZE_MAX));
    refused(pvPortRealloc(p, all + 1));
    CHECK(filled(p, 200, 3));
    give(p);
    check_figures();
}

static void a_full_heap_has_no_free_block(void)
{
    char *p = take(all);
    HeapStats_t figures;
    vPortGetHeapStats(&figures);
    CHECK(figures.xAvailableHeapSpaceInBytes == 0 && figures.xNumberOfFreeBlocks == 0);
    CHECK(figures.xSizeOfLargestFreeBlockInBytes == 0 && figures.xSizeOfSmallestFreeBlockInBytes == SIZE_MAX);
    CHECK(figures.xMinimumEverFreeBytesRemaining == 0);
    refused(pvPortMalloc(0));
    give(p);
    check_figures();
}

static void the_minimum_is_kept_until_it_is_reset(void)
{
    char *p = take(1000);
    CHECK(lowest == 0 && xPortGetMinimumEverFreeHeapSize() == 0);
    xPortResetHeapMinimumEverFreeHeapSize();
    lowest = all - 1000;
    CHECK(xPortGetMinimumEverFreeHeapSize() == all - 1000);
    give(p);
    check_figures();
    give(take(1008));
    CHECK(lowest == all - 1008);
    check_figures();
    xPortResetHeapMinimumEverFreeHeapSize();
    lowest = all;
    check_figures();
}

static void calloc_clears(void)
{
    char *p = take(1200);
    fill(p, 1200, 4);
    give(p);
    p = served(pvPortCalloc(100, 12));
    CHECK(all_zero(p, 1200));
    check_figures();
    give(p);
    check_figures();
}

static void realloc_keeps_contents_and_counts_as_nothing(void)
{
    char *p = served(pvPortRealloc(NULL, 100));
    fill(p, 100, 5);
    size_t free_bytes = xPortGetFreeHeapSize();
    char *q = resized(pvPortRealloc(p, 90)); /* cut */
    CHECK(q == p && filled(p, 90, 5) && xPortGetFreeHeapSize() == free_bytes + 8);
    char *above = take(24);
    p = resized(pvPortRealloc(q, 800)); /* elsewhere */
    CHECK(p != q && filled(p, 90, 5));
    fill(p, 800, 6);
    q = resized(pvPortRealloc(p, 20));
    CHECK(q == p && filled(q, 20, 6));
    p = resized(pvPortRealloc(q, 0));
    CHECK(p == q);
    xPortResetHeapMinimumEverFreeHeapSize();
    lowest = xPortGetFreeHeapSize();
    check_figures();
    give(p);
    give(above);
    check_figures();
    CHECK(all_free(heap()));
}

static void the_last_block_grows_where_it_is(void)
{
#if defined OVER_UCHEAP || !defined CLEARING
    char *p = take(16);
    fill(p, 16, 7);
    char *q = resized(pvPortRealloc(p, all)); /* there would be no second place */
    CHECK(q == p && filled(q, 16, 7) && xPortGetFreeHeapSize() == 0);
    expect();
    q = resized(pvPortRealloc(p, all / 2));
    CHECK(q == p);
    refused(pvPortRealloc(p, all + 1));
    give(p);
    xPortResetHeapMinimumEverFreeHeapSize();
    lowest = all;
    check_figures();
#endif
}

static void what_is_given_back_is_cleared_if_asked_for(void)
{
#ifdef CLEARING
    /* The first and the last granule of what was given back may be the heap's. */
    char *p = take(400);
    char *above = take(8);
    fill(p, 400, 8);
    char *q = resized(pvPortRealloc(p, 200));
    CHECK(q == p && filled(p, 200, 8) && all_zero(p + 208, 400 - 216));
    q = resized(pvPortRealloc(p, 600));
    CHECK(q != p && filled(q, 200, 8) && all_zero(p + 8, 200 - 16) && all_zero(p + 208, 400 - 216));
    fill(q, 600, 9);
    give(q);
    CHECK(all_zero(q + 8, 600 - 16));
    give(above);
    xPortResetHeapMinimumEverFreeHeapSize();
    lowest = all;
#endif
    check_figures();
}

enum { SLOTS = 24, STEPS = 1500 };

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*seed * below >> 32);
}

static void a_random_step(uint32_t *seed, char **slot, size_t *size)
{
    size_t wanted = draw(seed, 3) == 0 ? draw(seed, 900) : draw(seed, 120);
    char *p = NULL;
    bool old = false;
    switch (draw(seed, 5)) {
    case 0:
    case 1:
        given += *slot != NULL;
        vPortFree(*slot);
        *slot = NULL;
        return;
    case 2:
        if (*slot == NULL)
            p = pvPortCalloc(1, wanted);
        CHECK(p == NULL || all_zero(p, wanted));
        break;
    case 3:
        old = *slot != NULL;
        p = pvPortRealloc(*slot, wanted);
        if (p != NULL && old)
            CHECK(filled(p, wanted < *size ? wanted : *size, *size & 7));
        break;
    default:
        if (*slot == NULL)
            p = pvPortMalloc(wanted);
        break;
    }
    if (p == NULL)
        return;
    taken += !old;
    *slot = p;
    *size = wanted;
    fill(p, wanted, wanted & 7);
    if (old) { /* both copies may have been there for a moment */
        CHECK(xPortGetMinimumEverFreeHeapSize() <= lowest);
        xPortResetHeapMinimumEverFreeHeapSize();
        lowest = xPortGetFreeHeapSize();
    }
}

static void figures_add_up_after_every_step_of_a_random_run(void)
{
    static char *slots[SLOTS];
    static size_t sizes[SLOTS];
    uint32_t seed = (uint32_t)tap_seed(20240601);
    tap_comment_number("seed:", seed);
    for (int step = 0; step < STEPS; step++) {
        uint32_t i = draw(&seed, SLOTS);
        a_random_step(&seed, &slots[i], &sizes[i]);
        check_figures();
    }
    tap_comment_number("refused:", hooks);
    CHECK(hooks > 10);
    hooks = 0;
    for (int i = 0; i < SLOTS; i++) {
        CHECK(slots[i] == NULL || filled(slots[i], sizes[i], sizes[i] & 7));
        given += slots[i] != NULL;
        vPortFree(slots[i]);
    }
    check_figures();
    CHECK(taken == given && all_free(heap()) && xPortGetFreeHeapSize() == all);
}

static void a_caller_that_keeps_interrupts_out_finds_them_kept_out(void)
{
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    char *p = take(40);
    CHECK(kernel_masked());
    p = resized(pvPortRealloc(p, 30));
    CHECK(kernel_masked());
    give(p);
    CHECK(kernel_masked() && xPortGetFreeHeapSize() == all && kernel_masked());
    taskEXIT_CRITICAL_FROM_ISR(state);
    in_lock = 0; /* where it is the caller's lock */
    CHECK(!kernel_masked());
}

static void what_malloc_takes_counts_only_over_the_system_heap(void)
{
    char *p = launder(malloc(320));
#ifdef OVER_UCHEAP
    CHECK(p != NULL && xPortGetFreeHeapSize() == all);
    free(p);
#else
    CHECK(p != NULL && xPortGetFreeHeapSize() == all - 320);
    vPortFree(p); /* one heap: its blocks are anyone's */
    given++;
    traced += 320;
    p = take(320);
    free(p);
    traced -= 320;
#endif
    check_figures();
}

static void a_reset_begins_again(void)
{
    char *p = take(64);
    vPortHeapResetState();
#ifndef OVER_UCHEAP
    free(p); /* it is still there */
#endif
    CHECK(p != NULL);
    traced = 0;
    taken = 0;
    given = 0;
    lowest = all;
    CHECK(xPortGetFreeHeapSize() == all);
    check_figures();
    p = take(64);
    check_figures();
    give(p);
    check_figures();
}

TAP_MAIN(TEST(figures_are_right_before_the_first_request), TEST(blocks_are_taken_and_given_back),
         TEST(zero_bytes_give_a_unique_pointer_and_no_hook),
         TEST(a_refused_request_calls_the_hook_once_outside_the_lock), TEST(a_full_heap_has_no_free_block),
         TEST(the_minimum_is_kept_until_it_is_reset), TEST(calloc_clears),
         TEST(realloc_keeps_contents_and_counts_as_nothing), TEST(the_last_block_grows_where_it_is),
         TEST(what_is_given_back_is_cleared_if_asked_for), TEST(figures_add_up_after_every_step_of_a_random_run),
         TEST(a_caller_that_keeps_interrupts_out_finds_them_kept_out),
         TEST(what_malloc_takes_counts_only_over_the_system_heap), TEST(a_reset_begins_again))
