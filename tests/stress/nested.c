/* Main and two interrupts, one of which interrupts the other, take, resize and free blocks at random,
 * a million times in all. The timer's comes between any two instructions; it leaves the lower one pending,
 * which then runs in the middle of what main was doing, and is interrupted in turn.
 *
 * SPDX-License-Identifier: MIT */
#include "../target/timer.h"

#include "blocks.h"
#include "tap.h"

enum { OPERATIONS = 1000000, BLOCKS = 8, LARGEST = 72 };

struct worker {
    struct {
        char *p;
        size_t size;
        unsigned seed;
    } blocks[BLOCKS];
    uint32_t random;
    uint32_t operations, refused, faults;
};

static struct worker in_main = {.random = 1}, in_lower = {.random = 2}, in_timer = {.random = 3};

/* xorshift32 (Marsaglia 2003). */
static uint32_t next(struct worker *worker)
{
    uint32_t x = worker->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return worker->random = x;
}

/* One operation on one of the worker's own blocks, which no other worker touches. */
static void step(struct worker *worker)
{
    uint32_t choice = next(worker);
    size_t size = choice >> 8 & 127;
    unsigned i = choice % BLOCKS;
    char *old = worker->blocks[i].p;
    worker->operations++;
    if (old != NULL && !filled(old, worker->blocks[i].size, worker->blocks[i].seed))
        worker->faults++;
    if (size > LARGEST || (old != NULL && (choice & 0x800000u))) {
        free(old);
        worker->blocks[i].p = NULL;
        return;
    }
    char *p = launder(old != NULL ? realloc(old, size) : malloc(size));
    if (p == NULL) {
        worker->refused++;
        return;
    }
    if (old != NULL &&
        !filled(p, size < worker->blocks[i].size ? size : worker->blocks[i].size, worker->blocks[i].seed))
        worker->faults++;
    worker->blocks[i].p = p;
    worker->blocks[i].size = size;
    worker->blocks[i].seed = worker->operations;
    fill(p, size, worker->operations);
}

static void step_twice(void)
{
    step(&in_lower);
    step(&in_lower);
}

void lower_handler(void)
{
    lower_run(step_twice);
}

/* What the handler has taken is a part of the period. */
void timer_handler(void)
{
    timer_set_period(2500u + (next(&in_timer) >> 8 & 4095u));
    timer_waited();
    step(&in_timer);
    lower_raise();
}

static void free_all(struct worker *worker)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        free(worker->blocks[i].p);
}

static uint32_t operations(void)
{
    return in_main.operations + in_lower.operations + in_timer.operations;
}

static void a_million_operations_leave_all_contents_as_they_were(void)
{
    lower_start();
    timer_start(3000, 3000);
    while (operations() < OPERATIONS && in_main.faults + in_lower.faults + in_timer.faults == 0)
        step(&in_main);
    timer_stop();
    tap_comment_number("operations in main:", in_main.operations);
    tap_comment_number("operations in the lower interrupt:", in_lower.operations);
    tap_comment_number("operations in the timer's interrupt:", in_timer.operations);
    CHECK(in_main.faults == 0 && in_lower.faults == 0 && in_timer.faults == 0);
    CHECK(in_lower.operations > 10000 && in_timer.operations > 10000);
}

static void the_heap_is_sound(void)
{
    CHECK(sound(cairn_system()));
}

static void all_that_was_taken_can_be_freed(void)
{
    free_all(&in_main);
    free_all(&in_lower);
    free_all(&in_timer);
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    CHECK(stats.used == 0 && stats.free == 0);
}

TAP_MAIN(TEST(a_million_operations_leave_all_contents_as_they_were), TEST(the_heap_is_sound),
         TEST(all_that_was_taken_can_be_freed))
