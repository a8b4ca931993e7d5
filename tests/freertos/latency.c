/* An interrupt above the kernel's ceiling waits no longer while a heap is in use than without one: the kernel's, or
 * the one behind malloc(), which has the library's lock.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "kernel.h"
#include "tap.h"
#include "target/systick.h"

#include <stdio.h>
#include <string.h>

char *strdup(const char *from);
void *pvPortRealloc(void *p, size_t size);
void vApplicationMallocFailedHook(void);
void systick_handler(void);

#define SYSTICK_PRIORITY (*(volatile uint8_t *)0xE000ED23u) /* SHPR3, byte 3 (ARMv7-M ARM, B3.2.12) */
enum { CEILING = configMAX_SYSCALL_INTERRUPT_PRIORITY, ROUNDS = 400, PERIOD = 3001 };

static volatile unsigned runs, masked; /* how often the handler ran, and how often while a heap was locked */
static volatile uint32_t longest;      /* ticks from the interrupt to the handler, at most */

void vApplicationMallocFailedHook(void)
{
}

void systick_handler(void)
{
    uint32_t waited = PERIOD - SYST_CVR;
    runs++;
    if (waited > longest)
        longest = waited;
    masked += kernel_masked();
}

static void idle(void)
{
    for (volatile int i = 0; i < 60; i++)
        ;
}

static void use_the_kernels(void)
{
    char *p = launder(pvPortMalloc(40));
    char *q = launder(pvPortMalloc(200));
    p = launder(pvPortRealloc(p, 900));
    vPortFree(q);
    vPortFree(p);
}

/* The longest way of a free: its block merges with the one below and the one above. */
static void merge_on_both_sides(void)
{
    char *block[4];
    for (int i = 0; i < 4; i++)
        block[i] = launder(pvPortMalloc(40));
    vPortFree(block[0]);
    vPortFree(block[2]);
    vPortFree(block[1]);
    vPortFree(block[3]);
}

static void use_malloc(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(200));
    p = launder(realloc(p, 900));
    free(q);
    free(p);
}

/* Of the C library: strdup() and printf() of a double allocate. */
static void use_the_c_library(void)
{
    char line[32];
    char *copy = launder(strdup("a string that is copied"));
    free(copy);
    (void)snprintf(line, sizeof line, "%.12e", 1.0 / 3.0);
}

static void ask_for_figures(void)
{
    HeapStats_t figures;
    vPortGetHeapStats(&figures);
    (void)xPortGetMinimumEverFreeHeapSize();
}

/* The longest delay while SysTick interrupts `action` again and again, at ever other places. */
static uint32_t delay(void (*action)(void), unsigned priority)
{
    SYSTICK_PRIORITY = (uint8_t)priority;
    runs = masked = 0;
    longest = 0;
    systick_start(PERIOD, PERIOD);
    while (runs < ROUNDS)
        action();
    systick_stop();
    return longest;
}

static uint32_t without;

/* Above the ceiling it comes while the heap is locked, and waits for nothing; at the ceiling it waits. Returns how
 * long then. */
static uint32_t check(const char *what, void (*action)(void))
{
    uint32_t with = delay(action, CEILING - 0x20);
    tap_comment(what);
    tap_comment_number("interrupts of 400 that came while a heap was locked:", masked);
    tap_comment_number("longest delay above the ceiling, ticks:", with);
    CHECK(masked != 0 && with == without);
    with = delay(action, CEILING);
    tap_comment_number("longest delay at the ceiling, ticks:", with);
    CHECK(masked == 0 && with > without);
    return with - without;
}

static void an_interrupt_above_the_ceiling_never_waits_for_a_heap(void)
{
    vPortInitialiseBlocks();
    without = delay(idle, CEILING - 0x20);
    tap_comment_number("longest delay without a heap, ticks:", without);
    check("pvPortMalloc()", use_the_kernels);
    check("malloc()", use_malloc);
    check("strdup() and printf()", use_the_c_library);
    CHECK(sound(cairn_system()));
}

/* However many blocks there are: of 200, half are free. */
static void figures_neither_suspend_the_scheduler_nor_mask_interrupts_for_longer_than_a_request(void)
{
    enum { BLOCKS = 200 };
    static void *blocks[BLOCKS];
    uint32_t request = check("vPortFree()", merge_on_both_sides);
    uint32_t few = check("vPortGetHeapStats(), no block", ask_for_figures);
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = launder(pvPortMalloc(8));
    for (int i = 0; i < BLOCKS; i += 2)
        vPortFree(blocks[i]);
    uint32_t many = check("vPortGetHeapStats(), 200 blocks", ask_for_figures);
    HeapStats_t figures;
    vPortGetHeapStats(&figures);
    CHECK(figures.xNumberOfFreeBlocks == BLOCKS / 2 + 1);
    CHECK(few <= request && many <= request && kernel_suspensions == 0);
    for (int i = 1; i < BLOCKS; i += 2)
        vPortFree(blocks[i]);
}

TAP_MAIN(TEST(an_interrupt_above_the_ceiling_never_waits_for_a_heap),
         TEST(figures_neither_suspend_the_scheduler_nor_mask_interrupts_for_longer_than_a_request))
