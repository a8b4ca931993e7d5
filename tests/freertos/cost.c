/* What calls take, in instructions, with both at -O2: 200 blocks of the sizes that a kernel asks for, each replaced
 * again and again in a random order.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "bench/meter.h"
#include "blocks.h"
#include "tap.h"

#include <string.h>

void vApplicationMallocFailedHook(void);

enum { BLOCKS = 200, CALLS = 4000 };
/* Messages, timers, queues and the tasks' own blocks. */
static const size_t sizes[] = {12, 24, 44, 80, 92, 128};

/* Limits of the mean. */
enum { MOST_MALLOC = 150, MOST_FREE = 145 };

struct cost {
    unsigned long sum, longest;
};

static void *blocks[BLOCKS];

void vApplicationMallocFailedHook(void)
{
}

static uint32_t random_number(void)
{
    static uint32_t state = 20240601;
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

static size_t random_size(void)
{
    return sizes[random_number() % (sizeof sizes / sizeof sizes[0])];
}

static void add(struct cost *cost, uint32_t passed)
{
    uint32_t instructions = meter_instructions(passed);
    cost->sum += instructions;
    if (instructions > cost->longest)
        cost->longest = instructions;
}

static void replace(void **block, struct cost *take, struct cost *give)
{
    size_t size = random_size();
    uint32_t start = meter_now();
    vPortFree(*block);
    uint32_t given = meter_now();
    *block = launder(pvPortMalloc(size));
    uint32_t taken = meter_now();
    add(give, given - start);
    add(take, taken - given);
    CHECK(*block != NULL);
}

static void requests_cost_little_more_than_the_heaps(void)
{
    struct cost take = {0, 0}, give = {0, 0};
    vPortInitialiseBlocks();
    for (int i = 0; i < BLOCKS; i++)
        CHECK((blocks[i] = launder(pvPortMalloc(random_size()))) != NULL);
    meter_start();
    for (int i = 0; i < CALLS; i++)
        replace(&blocks[random_number() % BLOCKS], &take, &give);
    tap_comment_number("pvPortMalloc, mean:", take.sum / CALLS);
    tap_comment_number("pvPortMalloc, longest:", take.longest);
    tap_comment_number("vPortFree, mean:", give.sum / CALLS);
    tap_comment_number("vPortFree, longest:", give.longest);
    CHECK(take.sum / CALLS <= MOST_MALLOC && give.sum / CALLS <= MOST_FREE);
}

TAP_MAIN(TEST(requests_cost_little_more_than_the_heaps))
