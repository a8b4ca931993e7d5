/* exact.c: is what clock.h says true?
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"

struct interruption clock_interruption;
void (*clock_on_interrupt)(void);

void clock_no_interrupt(void)
{
}

static bool steps_exactly(uint32_t k)
{
    uint32_t rounds = k / 2 + 1;
    struct call call = {.function = clock_count_down, .arguments = {rounds}};
    clock_call(&call);
    if (clock_count(&call) != 2 * rounds + 1)
        return false;
    clock_step(&call, k);
    uint32_t start = (uint32_t)(uintptr_t)clock_count_down & ~1u; /* bit 0 says that it is Thumb code */
    uint32_t in_round = (clock_interruption.address - start) / 2u;
    uint32_t done = 2 * (rounds - clock_interruption.counter) - (in_round == 1);
    return clock_interruption.count == 1 && clock_interruption.held == 0 && in_round <= 2 && done == k;
}

static bool waits_exactly(uint32_t k)
{
    struct call call = {.function = clock_mask};
    clock_step(&call, k);
    return clock_interruption.count == 1 && clock_interruption.held == (k < 7 ? 7 - k : 0);
}

bool clock_exact(void)
{
    bool exact = true;
    for (uint32_t k = 1; exact && k <= CLOCK_REACH; k++)
        exact = steps_exactly(k);
    for (uint32_t k = 1; exact && k <= 8; k++)
        exact = waits_exactly(k);
    return exact;
}
