/* The start of the system heap: regions without memory, and an interrupt at each of its steps.
 *
 * SPDX-License-Identifier: MIT */
#include "host_port.h"
#include "system/names.h"
#include "port.h"
#include "system/system.h"
#include "tap.h"

#include <stddef.h>
#include <string.h>

#include <errno.h>

void *sbrk(ptrdiff_t increment);

enum { MEMORY = 0x10000 };
static _Alignas(16) char memory[MEMORY];

/* As after a reset, with `size` bytes for the system heap. */
static void reset(size_t size)
{
    memset(&cairn_system_state, 0, sizeof cairn_system_state);
    memset(memory, PORT_MEMORY_IS_CLEAR ? 0 : 0xa5, MEMORY);
    host_heap_start = memory;
    host_heap_limit = (char *)((uintptr_t)memory + size);
}

static void check_no_heap(void)
{
    errno = 0;
    CHECK(malloc(1) == NULL);
    CHECK(errno == ENOMEM);
    CHECK(cairn_system() == NULL);
    CHECK(host_lock_depth == 0);
}

static void a_region_that_ends_below_its_start_holds_nothing(void)
{
    reset((size_t)0 - 64);
    check_no_heap();
    errno = 0;
    CHECK(sbrk(1) == (void *)-1);
    CHECK(errno == ENOMEM);
    CHECK(sbrk(0) == (void *)-1);
}

static void a_region_without_room_for_a_block_gives_no_heap(void)
{
    size_t size = 0;
    for (reset(size); cairn_init(memory, size) == NULL; reset(++size))
        check_no_heap();
    CHECK(size >= sizeof(struct cairn_heap) + CAIRN_GRANULE && size <= 128);
    reset(size);
    CHECK(malloc(1) != NULL);
}

static void a_region_of_any_size_is_kept_to_when_the_heap_starts(void)
{
    for (size_t size = 0; size < 400; size++) {
        reset(size);
        bool served = malloc(1) != NULL;
        CHECK(served || cairn_system() == NULL);
        for (size_t i = served ? size : 0; i < 1000; i++)
            CHECK(memory[i] == (char)(PORT_MEMORY_IS_CLEAR ? 0 : 0xa5));
    }
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

static unsigned interrupt_at; /* counted in locks from the reset on */
static char *of_interrupt;

static void ask_for_memory(void)
{
    if (host_lock_count != interrupt_at)
        return;
    host_interrupt = NULL;
    of_interrupt = malloc(100);
    memset(of_interrupt, 1, 100);
}

/* Steps of the start for so many granules: 8 at once. */
static size_t steps(size_t granules)
{
    return (granules + 7) / 8;
}

/* An interrupt between two steps of the start goes on with it, and ends it. */
static void an_interrupt_after_any_step_of_the_start_is_served(void)
{
    unsigned served = 0;
    for (interrupt_at = 1;; interrupt_at++) {
        reset(MEMORY);
        host_lock_count = 0;
        of_interrupt = NULL;
        host_interrupt = ask_for_memory;
        char *p = malloc(200);
        host_interrupt = NULL;
        CHECK(p != NULL);
        if (of_interrupt == NULL)
            break;
        served++;
        memset(p, 2, 200);
        CHECK(cairn_check(cairn_system(), NULL) == 0);
        CHECK(of_interrupt[0] == 1);
        CHECK(of_interrupt[99] == 1);
        free(p);
        free(of_interrupt);
        CHECK(cairn_check(cairn_system(), NULL) == 0);
    }
    index_t limit = cairn_system()->limit;
    size_t granules = heap_first_granule(limit) + (PORT_MEMORY_IS_CLEAR ? 0 : heap_map_granules(limit));
    /* The first lock is malloc()'s own, which finds no heap; where the heap is watched, that is asked before. */
    CHECK(served == steps(granules) + (CAIRN_WATCHED ? 0 : 1));
}

/* Up, and back down again. */
static void move_the_break(void)
{
    if (host_lock_count != interrupt_at)
        return;
    host_interrupt = NULL;
    CHECK(sbrk(1000) != (void *)-1 && sbrk(-500) != (void *)-1);
}

/* The heap lies elsewhere then: what has been written of its control data is written again. */
static void an_interrupt_after_any_step_of_the_start_may_move_the_break(void)
{
    for (interrupt_at = 1;; interrupt_at++) {
        reset(MEMORY);
        host_lock_count = 0;
        host_interrupt = move_the_break;
        char *p = malloc(200);
        bool interrupted = host_interrupt == NULL;
        host_interrupt = NULL;
        CHECK(p != NULL);
        CHECK(cairn_check(cairn_system(), NULL) == 0);
        free(p);
        CHECK(cairn_check(cairn_system(), NULL) == 0);
        if (!interrupted)
            break;
    }
    CHECK(interrupt_at > 2);
}

static void ask_for_the_break(void)
{
    host_interrupt = NULL;
    sbrk(0);
    host_interrupt = ask_for_the_break;
}

/* If it set the start back, that would have no end. */
static void an_interrupt_after_each_step_of_the_start_may_ask_for_the_break(void)
{
    reset(MEMORY);
    host_interrupt = ask_for_the_break;
    CHECK(malloc(200) != NULL);
    host_interrupt = NULL;
    CHECK(cairn_system_state.brk == NULL);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
}

TAP_MAIN(TEST(a_region_that_ends_below_its_start_holds_nothing), TEST(a_region_without_room_for_a_block_gives_no_heap),
         TEST(a_region_of_any_size_is_kept_to_when_the_heap_starts),
         TEST(an_interrupt_after_any_step_of_the_start_is_served),
         TEST(an_interrupt_after_any_step_of_the_start_may_move_the_break),
         TEST(an_interrupt_after_each_step_of_the_start_may_ask_for_the_break))
