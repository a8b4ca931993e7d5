/* The start of the system heap: regions that are none, and an interrupt at each of its steps.
 *
 * SPDX-License-Identifier: MIT */
#include "host_port.h"
#include "names.h"
#include "port.h"
#include "system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

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

static void assert_no_heap(void)
{
    errno = 0;
    assert_null(malloc(1));
    assert_int_equal(errno, ENOMEM);
    assert_null(cairn_system());
    assert_int_equal(host_lock_depth, 0);
}

static void a_region_that_ends_below_its_start_holds_nothing(void **state)
{
    (void)state;
    reset((size_t)0 - 64);
    assert_no_heap();
    errno = 0;
    assert_ptr_equal(sbrk(1), (void *)-1);
    assert_int_equal(errno, ENOMEM);
    assert_ptr_equal(sbrk(0), (void *)-1);
}

static void a_region_without_room_for_a_block_gives_no_heap(void **state)
{
    (void)state;
    size_t size = 0;
    for (reset(size); cairn_init(memory, size) == NULL; reset(++size))
        assert_no_heap();
    assert_in_range(size, sizeof(struct cairn_heap) + CAIRN_GRANULE, 128);
    reset(size);
    assert_non_null(malloc(1));
}

static void a_region_larger_than_the_index_reaches_gives_no_heap(void **state)
{
    (void)state;
    reset((size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE + CAIRN_GRANULE);
    assert_no_heap();
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

/* Whoever comes in between two steps of the start goes on with it, and ends it. */
static void an_interrupt_after_any_step_of_the_start_is_served(void **state)
{
    (void)state;
    unsigned served = 0;
    for (interrupt_at = 1;; interrupt_at++) {
        reset(MEMORY);
        host_lock_count = 0;
        of_interrupt = NULL;
        host_interrupt = ask_for_memory;
        char *p = malloc(200);
        host_interrupt = NULL;
        assert_non_null(p);
        if (of_interrupt == NULL)
            break;
        served++;
        memset(p, 2, 200);
        assert_int_equal(cairn_check(cairn_system(), NULL), 0);
        assert_int_equal(of_interrupt[0], 1);
        assert_int_equal(of_interrupt[99], 1);
        free(p);
        free(of_interrupt);
        assert_int_equal(cairn_check(cairn_system(), NULL), 0);
    }
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    size_t words = PORT_MEMORY_IS_CLEAR ? 1 : stats.control / sizeof(uint32_t);
    assert_int_equal(served, (words + 31) / 32 + 1); /* a step clears 32 words; the last lock is malloc()'s own */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_that_ends_below_its_start_holds_nothing),
        cmocka_unit_test(a_region_without_room_for_a_block_gives_no_heap),
        cmocka_unit_test(a_region_larger_than_the_index_reaches_gives_no_heap),
        cmocka_unit_test(an_interrupt_after_any_step_of_the_start_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
