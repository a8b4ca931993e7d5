/* The lock by BASEPRI: interrupts above the ceiling run while the heap is locked, and wait no longer
 * than without it; those below wait, and may use the heap.
 *
 * SPDX-License-Identifier: MIT */
#include "../target/systick.h"

#include "blocks.h"
#include "port.h"
#include "tap.h"

void systick_handler(void);

/* SysTick's priority: SHPR3, byte 3 (ARMv7-M ARM, B3.2.13). */
#define SYSTICK_PRIORITY (*(volatile uint8_t *)0xE000ED23u)
enum { ABOVE = CAIRN_CEILING / 2, BELOW = CAIRN_CEILING + CAIRN_CEILING / 2, ROUNDS = 400, PERIOD = 3001 };

static uint32_t basepri(void)
{
    uint32_t value;
    __asm volatile("mrs %0, basepri" : "=r"(value));
    return value;
}

static volatile bool allocates;        /* what the handler does */
static volatile unsigned runs, locked; /* how often it ran, and how often while the heap was locked */
static volatile uint32_t longest;      /* ticks from the interrupt to the handler, at most */
static char *from_handler;

void systick_handler(void)
{
    uint32_t waited = PERIOD - SYST_CVR;
    runs++;
    if (waited > longest)
        longest = waited;
    if (basepri() != 0)
        locked++;
    if (allocates) {
        free(from_handler);
        from_handler = launder(malloc(24));
    }
}

static void work(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(200));
    p = launder(realloc(p, 900));
    free(q);
    free(p);
}

static void idle(void)
{
    for (volatile int i = 0; i < 60; i++)
        ;
}

/* Let SysTick interrupt `action` again and again, at ever other places. */
static void interrupt(void (*action)(void), uint8_t priority)
{
    SYSTICK_PRIORITY = priority;
    runs = locked = 0;
    longest = 0;
    systick_start(PERIOD, PERIOD);
    while (runs < ROUNDS)
        action();
    systick_stop();
}

static void the_lock_raises_basepri_and_nests(void)
{
    CHECK(basepri() == 0);
    uint32_t outer = port_lock();
    CHECK(basepri() == CAIRN_CEILING);
    uint32_t inner = port_lock();
    port_unlock(inner);
    CHECK(basepri() == CAIRN_CEILING);
    port_unlock(outer);
    CHECK(basepri() == 0 && primask() == 0);
}

static void a_stricter_mask_is_not_loosened(void)
{
    __asm volatile("msr basepri, %0" ::"r"(ABOVE) : "memory");
    uint32_t state = port_lock();
    CHECK(basepri() == ABOVE);
    port_unlock(state);
    CHECK(basepri() == ABOVE);
    __asm volatile("msr basepri, %0" ::"r"(0) : "memory");
}

static void an_interrupt_above_the_ceiling_runs_while_the_heap_is_locked(void)
{
    allocates = false;
    interrupt(work, ABOVE);
    tap_comment_number("of 400 interrupts, during a lock:", locked);
    CHECK(locked > 0);
}

static void it_waits_no_longer_than_without_the_heap(void)
{
    interrupt(idle, ABOVE);
    uint32_t without = longest;
    interrupt(work, ABOVE);
    tap_comment_number("longest delay, ticks, without malloc:", without);
    tap_comment_number("longest delay, ticks, with malloc:", longest);
    CHECK(longest == without);
}

static void an_interrupt_below_the_ceiling_waits_and_may_allocate(void)
{
    allocates = true;
    interrupt(work, BELOW);
    CHECK(locked == 0 && runs >= ROUNDS);
    free(from_handler);
    CHECK(sound(cairn_system()));
}

TAP_MAIN(TEST(the_lock_raises_basepri_and_nests), TEST(a_stricter_mask_is_not_loosened),
         TEST(an_interrupt_above_the_ceiling_runs_while_the_heap_is_locked),
         TEST(it_waits_no_longer_than_without_the_heap), TEST(an_interrupt_below_the_ceiling_waits_and_may_allocate))
