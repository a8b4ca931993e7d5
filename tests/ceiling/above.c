/* An interrupt above the ceiling that uses the heap.
 *
 * SPDX-License-Identifier: MIT */
#include "../target/systick.h"

#include "blocks.h"
#include "fatal.h"

void systick_handler(void);

#define SYSTICK_PRIORITY (*(volatile uint8_t *)0xE000ED23u)
enum { SYSTICK = 15 }; /* the exception's number */

void systick_handler(void)
{
    systick_stop();
    free(launder(malloc(8)));
}

int main(void)
{
    free(launder(malloc(8)));
    expect_fatal("an interrupt above the ceiling that allocates is caught", CAIRN_ABOVE_CEILING, (const void *)SYSTICK);
    SYSTICK_PRIORITY = CAIRN_CEILING - 0x40;
    systick_start(1000, 1000);
    for (volatile int i = 0; i < 10000; i++)
        ;
    return fatal_missed();
}
