/* Interrupts are never off over copying or clearing: the longest time that one has to wait while a
 * large block is moved, resized and cleared.
 *
 * The timer interrupts every PERIOD ticks. What has passed since the interrupt was due, when the handler reads the
 * clock, is how long it had to wait, and what it always costs to get there. Each
 * operation is repeated until an interrupt has come at each of its instructions.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "system/system.h"
#include "tap.h"
#include "timer.h"

#include <string.h>

/* Longest stretch, in instructions. ARMv6-M and RISC-V do the same with more, smaller ones. */
#ifdef __ARM_FEATURE_CLZ
enum { LIMIT = 250 };
#else
enum { LIMIT = 400 };
#endif

enum { PERIOD = 9000, CALIBRATION = 10000 };
enum { SET = 16 }; /* instructions after which timer_start() has set the period */

static volatile uint32_t longest, count;
static uint32_t unmasked; /* what `longest` is when nothing is masked */
static uint32_t ticks;    /* that CALIBRATION instructions take */
static size_t large;

void timer_handler(void)
{
    uint32_t waited = timer_waited();
    if (waited > longest)
        longest = waited;
    count++;
}

static uint32_t instructions(uint32_t waited)
{
    return (uint32_t)(((uint64_t)waited * CALIBRATION + ticks / 2) / ticks);
}

static void the_clock_tells_instructions_apart(void)
{
    timer_count();
    uint32_t start = timer_now();
    spend(1);
    uint32_t one = timer_now() - start;
    start = timer_now();
    spend(1 + CALIBRATION / 2);
    ticks = timer_now() - start - one;
    CHECK(ticks >= CALIBRATION);

    longest = 0;
    for (uint32_t first = 100; first < 200; first++) {
        timer_start(first, PERIOD);
        spend(1000);
        timer_stop();
    }
    unmasked = longest;
    CHECK(count != 0 && instructions(unmasked) < 100);
}

static void a_stretch_of_known_length_is_measured(void)
{
    longest = 0;
    for (uint32_t first = 100; first < 2000; first++) {
        timer_start(first, PERIOD);
        spend(100);
        set_masked(1);
        spend(100);
        set_masked(0);
        spend(1000);
        timer_stop();
    }
    uint32_t found = instructions(longest - unmasked);
    tap_comment_number("a stretch of about 205 instructions is measured as", found);
    CHECK(found >= 200 && found <= 210);
}

static char *below, *p, *above;

static void clean_all(void)
{
    free(below);
    free(p);
    free(above);
}

/* Run `prepare`, and `operation` with an interrupt at each of its instructions; report the worst. */
static void measure(const char *name, void (*prepare)(void), void (*operation)(void))
{
    longest = 0;
    uint32_t step = ticks / CALIBRATION; /* at most one instruction further each time */
    for (uint32_t first = SET * ticks / CALIBRATION + 1; first < PERIOD; first += step) {
        prepare();
        count = 0;
        timer_start(first, PERIOD);
        operation();
        timer_stop();
        clean_all();
    }
    CHECK(sound(cairn_system()));
    uint32_t found = longest > unmasked ? instructions(longest - unmasked) : 0;
    tap_comment_number(name, found);
    CHECK(found > 20); /* the lock is there, and it is seen */
    CHECK(found <= LIMIT);
}

static void make_block(void)
{
    below = launder(malloc(large / 4));
    p = launder(malloc(large));
    above = launder(malloc(large / 4));
}

static void make_room_above(void)
{
    make_block();
    void *top = launder(malloc(8));
    free(above);
    above = top;
}

static void make_room_below(void)
{
    make_block();
    memset(p, 1, 64);
    free(below);
    below = NULL;
}

static void grow(void)
{
    p = launder(realloc(p, large + large / 5));
}

static void shrink(void)
{
    p = launder(realloc(p, large / 2));
}

static void growing_up_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, realloc that grows up", make_room_above, grow);
}

static void shrinking_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, realloc that shrinks", make_block, shrink);
}

static void moving_down_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, realloc that moves down", make_room_below, grow);
}

static void moving_elsewhere_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, realloc that moves elsewhere", make_block, grow);
}

static void nothing(void)
{
}

static void clear(void)
{
    below = NULL;
    above = NULL;
    p = launder(calloc(1, large));
}

static void calloc_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, calloc", nothing, clear);
}

static void align(void)
{
    below = NULL;
    above = launder(malloc(8));
    p = launder(memalign(128, large));
}

static void memalign_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, memalign", nothing, align);
}

static struct cairn_place place;

static void make_free_blocks(void)
{
    make_block();
    free(launder(realloc(p, large / 3)));
    p = launder(malloc(8));
    place = (struct cairn_place){.passes = 0};
}

static void check_a_pass(void)
{
    while (place.passes == 0)
        if (!CHECK(cairn_check_step(cairn_system(), &place, 4) == 0))
            return;
}

static void a_check_in_steps_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, a check in steps", make_free_blocks, check_a_pass);
}

/* The system heap as it is before the first request. */
static void forget_the_heap(void)
{
    cairn_system_state = (struct cairn_system){.heap = NULL};
}

static void take_first(void)
{
    below = NULL;
    above = NULL;
    p = launder(malloc(large));
}

static void the_first_request_masks_interrupts_for_a_short_time(void)
{
    measure("longest masked stretch, instructions, the first request", forget_the_heap, take_first);
}

static void there_is_a_large_block(void)
{
    large = 16384;
    while (large > room() / 3)
        large /= 2;
    tap_comment_number("bytes in the block that is resized:", large);
    CHECK(large >= 1024);
}

TAP_MAIN(TEST(the_clock_tells_instructions_apart), TEST(a_stretch_of_known_length_is_measured),
         TEST(there_is_a_large_block), TEST(growing_up_masks_interrupts_for_a_short_time),
         TEST(shrinking_masks_interrupts_for_a_short_time), TEST(moving_down_masks_interrupts_for_a_short_time),
         TEST(moving_elsewhere_masks_interrupts_for_a_short_time), TEST(calloc_masks_interrupts_for_a_short_time),
         TEST(memalign_masks_interrupts_for_a_short_time), TEST(a_check_in_steps_masks_interrupts_for_a_short_time),
         TEST(the_first_request_masks_interrupts_for_a_short_time))
