/* A struct _reent of its own, as an RTOS gives to each task: what newlib allocates for the task is given back
 * with it.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __PICOLIBC__
NOT_THERE(what_is_allocated_for_a_task_is_given_back, "picolibc has no struct _reent, and allocates nothing for a task")
NOT_THERE(the_powers_of_five_are_lost, "picolibc has no struct _reent to keep them in")
#else

static struct _reent task;

/* Calls that allocate for their caller; with numbers that take no powers of five. */
static void work(void)
{
    char text[60], words[] = "one two";
    int point, sign;
    time_t noon = 1000000000;
    CHECK(snprintf(text, sizeof text, "%f %.3Lf", 3.25, 0.5L) == 14 && strtod("0x1.8p3", NULL) == 12.0);
    CHECK(ecvt(2.5, 40, &point, &sign) != NULL && tmpnam(NULL) != NULL);
    CHECK(rand() != rand() && drand48() < 1.0 && strcmp(strtok(words, " "), "one") == 0);
    CHECK(strcmp(asctime(gmtime(&noon)), "Sun Sep  9 01:46:40 2001\n") == 0 && strsignal(11) != NULL);
}

static struct count run_as_task(void (*function)(void))
{
    struct _reent *ours = _impure_ptr;
    _REENT_INIT_PTR(&task);
    _impure_ptr = &task;
    function();
    struct count held = library_holds();
    _impure_ptr = ours;
    return held;
}

static void what_is_allocated_for_a_task_is_given_back(void)
{
    struct mark before = mark();
    struct count held = run_as_task(work);
    tap_comment_number("bytes that the library holds for a task:", held.bytes);
    CHECK(heap_is_sound() && held.blocks > 4);
    _reclaim_reent(&task);
    CHECK(nothing_left(before));
}

static void work_with_powers_of_five(void)
{
    CHECK(strtod("1.2345678901234567890123e100", NULL) > 1e99);
}

/* newlib 3.3 forgets them with the task: a block each. */
static void the_powers_of_five_are_lost(void)
{
    unsigned powers = 0;
    struct mark before = mark();
    run_as_task(work_with_powers_of_five);
    for (struct _Bigint *power = _REENT_MP_P5S(&task); power != NULL; power = power->_next)
        powers++;
    _reclaim_reent(&task);
    CHECK(powers > 0 && blocks_more(before, powers));
}
#endif

TAP_MAIN(TEST(what_is_allocated_for_a_task_is_given_back), TEST(the_powers_of_five_are_lost))
