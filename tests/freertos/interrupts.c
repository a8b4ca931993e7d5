/* The FreeRTOS heap from a handler, which comes at any instruction of its functions.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "kernel.h"
#include "tap.h"
#include "target/systick.h"

#include <string.h>

void *pvPortRealloc(void *p, size_t size);
void vApplicationMallocFailedHook(void);
void systick_handler(void);

/* Priorities of system handlers: SysTick's is the uppermost byte (ARMv7-M ARM, B3.2.12). */
#define SHPR3 (*(volatile uint32_t *)0xE000ED20u)

static char *from_handler; /* the handler's block */
static unsigned interrupts, faults;

void vApplicationMallocFailedHook(void)
{
    faults++;
}

/* Each time it frees the block that it took before, and takes a larger or a smaller one. */
void systick_handler(void)
{
    systick_stop();
    size_t size = interrupts % 2 == 0 ? 24 : 40;
    faults += from_handler != NULL && !filled(from_handler, 24, interrupts);
    vPortFree(from_handler);
    interrupts++;
    from_handler = launder(pvPortMalloc(size));
    if (from_handler != NULL)
        fill(from_handler, 24, interrupts);
}

/* Call `action` again and again, with the interrupt after one more tick each time, as long as it comes
 * before the end; and `check` after each. */
static void at_every_instruction(void (*action)(void), void (*check)(void))
{
    unsigned before, at_first = interrupts;
    uint32_t first = 10;
    do {
        before = interrupts;
        systick_start(first, 0xffffff);
        action();
        systick_stop();
        check();
        first++;
    } while (interrupts != before && first < 100000);
    tap_comment_number("interrupts:", interrupts - at_first);
    CHECK(first < 100000 && interrupts - at_first > 100 && faults == 0);
    CHECK(!kernel_masked() && kernel_suspended == 0);
}

/* All that is taken and not given back is the handler's block. */
static void check_totals(void)
{
    HeapStats_t figures;
    vPortGetHeapStats(&figures);
    CHECK(figures.xAvailableHeapSpaceInBytes == xPortGetFreeHeapSize());
    CHECK(figures.xNumberOfSuccessfulAllocations == figures.xNumberOfSuccessfulFrees + (from_handler != NULL));
    CHECK(figures.xMinimumEverFreeBytesRemaining <= figures.xAvailableHeapSpaceInBytes);
}

static void take_resize_and_give_back(void)
{
    char *below = launder(pvPortMalloc(100));
    char *p = launder(pvPortMalloc(40));
    char *above = launder(pvPortMalloc(200));
    fill(p, 40, 1);
    vPortFree(below);
    p = launder(pvPortRealloc(p, 120));
    p = launder(pvPortRealloc(p, 300));
    p = launder(pvPortRealloc(p, 50));
    faults += !filled(p, 40, 1);
    vPortFree(above);
    vPortFree(p);
}

static void a_handler_may_allocate_at_every_instruction(void)
{
    SHPR3 = 0xC0u << 24; /* less urgent than the kernel's ceiling */
    keep_room(4096);
    vPortInitialiseBlocks();
    at_every_instruction(take_resize_and_give_back, check_totals);
}

static HeapStats_t before, during;

static void ask(void)
{
    vPortGetHeapStats(&during);
}

/* They are those of before the interrupt, or of after it. */
static void check_moment(void)
{
    HeapStats_t after;
    vPortGetHeapStats(&after);
    CHECK(memcmp(&during, &before, sizeof during) == 0 || memcmp(&during, &after, sizeof during) == 0);
    before = after;
}

static void figures_are_of_one_moment_though_a_handler_allocates_meanwhile(void)
{
    /* A few holes to count. */
    char *blocks[8];
    for (int i = 0; i < 8; i++)
        blocks[i] = launder(pvPortMalloc(48));
    for (int i = 0; i < 8; i += 2)
        vPortFree(blocks[i]);
    vPortGetHeapStats(&before);
    at_every_instruction(ask, check_moment);
    for (int i = 1; i < 8; i += 2)
        vPortFree(blocks[i]);
    check_totals();
}

TAP_MAIN(TEST(a_handler_may_allocate_at_every_instruction),
         TEST(figures_are_of_one_moment_though_a_handler_allocates_meanwhile))
