/* The lock on the target: it nests, it leaves interrupts masked or not, as it found them, and a handler that allocates
 * may come at any instruction of malloc(), realloc() and free().
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "system/system.h"
#include "tap.h"
#include "timer.h"

static char *from_handler; /* the handler's block */
static unsigned interrupts, faults;

/* Each time it frees the block that it took before. */
void timer_handler(void)
{
    timer_stop();
    uint32_t before = masked();
    if (from_handler != NULL && !filled(from_handler, 24, interrupts))
        faults++;
    free(from_handler);
    interrupts++;
    from_handler = launder(malloc(24));
    if (from_handler == NULL || masked() != before)
        faults++;
    fill(from_handler, 24, interrupts);
}

static void the_lock_nests(void)
{
    CHECK(masked() == 0);
    uint32_t outer = port_lock();
    CHECK(masked() == 1);
    uint32_t inner = port_lock();
    CHECK(masked() == 1);
    port_unlock(inner);
    CHECK(masked() == 1);
    port_unlock(outer);
    CHECK(masked() == 0);
}

/* Every call that takes the lock, those that are refused too. */
static void call_everything(void)
{
    void *p = launder(malloc(10));
    p = launder(realloc(p, 300));
    CHECK(launder(realloc(p, room() + 600)) == NULL);
    CHECK(launder(malloc(room() + 600)) == NULL && launder(malloc(SIZE_MAX)) == NULL);
    void *q = launder(memalign(64, 10));
    void *r = launder(calloc(3, 3));
    CHECK(malloc_usable_size(q) >= 10 && sbrk(1) != (void *)-1 && sbrk(-1) != (void *)-1);
    CHECK(sbrk(INTPTR_MAX) == (void *)-1);
    free(p);
    free(q);
    free(r);
    malloc_trim(0);
}

static void every_call_leaves_interrupts_as_it_found_them(void)
{
    call_everything();
    CHECK(masked() == 0);
    set_masked(1);
    call_everything();
    CHECK(masked() == 1);
    set_masked(0);
    CHECK(sound(cairn_system()));
}

static void *held;

static void taking_and_freeing(void)
{
    char *below = launder(malloc(100));
    char *p = launder(malloc(40));
    char *q = launder(malloc(200));
    fill(p, 40, 1);
    free(below);
    p = launder(realloc(p, 120)); /* down, and then elsewhere */
    p = launder(realloc(p, 300));
    if (!filled(p, 40, 1))
        faults++;
    free(held);
    free(q);
    held = launder(memalign(64, 40));
    free(p);
}

static void a_handler_may_allocate_at_every_instruction(void)
{
    unsigned before;
    uint32_t first = 10;
    /* As long as the interrupt comes before the end. One tick is less than an instruction. */
    do {
        before = interrupts;
        timer_start(first, 0xffffff);
        taking_and_freeing();
        timer_stop();
        bool late = interrupts == before;
        if (late)
            break;
        CHECK(cairn_check(cairn_system(), NULL) == 0);
        first++;
    } while (first < 50000);
    tap_comment_number("interrupts:", interrupts);
    CHECK(first < 50000 && interrupts > 500);
    CHECK(faults == 0);
    free(from_handler);
    free(held);
    CHECK(sound(cairn_system()) && count_blocks(cairn_system(), CAIRN_USED).blocks == 0);
}

/* The system heap as it is before the first request, with 4 KiB of room. */
static void forget_the_heap(void)
{
    cairn_system_state = (struct cairn_system){.heap = NULL};
    keep_room(4096);
    from_handler = NULL;
}

static void a_handler_may_allocate_at_every_instruction_of_the_first_request(void)
{
    unsigned before = interrupts;
    faults = 0;
    uint32_t first = 10;
    do {
        forget_the_heap();
        before = interrupts;
        timer_start(first, 0xffffff);
        char *p = launder(malloc(40));
        timer_stop();
        bool late = interrupts == before;
        CHECK(p != NULL && cairn_check(cairn_system(), NULL) == 0);
        CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == (late ? 1 : 2));
        if (late)
            break;
        fill(p, 40, 1);
        CHECK(filled(from_handler, 24, interrupts));
        first++;
    } while (first < 50000);
    tap_comment_number("ticks of the first request:", first);
    CHECK(first > 300 && first < 50000 && faults == 0);
}

TAP_MAIN(TEST(the_lock_nests), TEST(every_call_leaves_interrupts_as_it_found_them),
         TEST(a_handler_may_allocate_at_every_instruction),
         TEST(a_handler_may_allocate_at_every_instruction_of_the_first_request))
