/* libcairn-sbrk.a under newlib's own malloc: the same limits and refusals, and a lock that lets
 * handlers allocate.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "../target/systick.h"

#include "tap.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reent.h>
#include <unistd.h>

void systick_handler(void);

extern char __heap_start[], __heap_limit[];

static void the_break_starts_where_the_heap_does(void)
{
    CHECK(sbrk(0) == __heap_start);
}

static bool refused(ptrdiff_t increment)
{
    void *before = sbrk(0);
    errno = 0;
    return sbrk(increment) == (void *)-1 && errno == ENOMEM && sbrk(0) == before;
}

static void moves_out_of_the_region_are_refused(void)
{
    ptrdiff_t room = __heap_limit - (char *)sbrk(0);
    CHECK(refused(room + 1) && refused(INTPTR_MAX) && refused(INTPTR_MIN) && refused(-1));
    CHECK(sbrk(room) == __heap_start && sbrk(0) == __heap_limit && refused(1));
    CHECK(sbrk(-room) == __heap_limit && sbrk(0) == __heap_start);
    CHECK(sbrk(3) == __heap_start && sbrk(-3) == __heap_start + 3);
}

static void the_library_allocates_from_the_region(void)
{
    char *p = malloc(100);
    CHECK(p >= __heap_start && p + 100 <= (char *)sbrk(0) && (char *)sbrk(0) <= __heap_limit);
    free(p);
    char text[32];
    CHECK(snprintf(text, sizeof text, "%f", 1.5) == 8 && strcmp(text, "1.500000") == 0);
    CHECK(malloc((size_t)(__heap_limit - __heap_start) + 1) == NULL);
}

static void the_lock_nests_and_restores(void)
{
    __malloc_lock(_REENT);
    CHECK(primask() == 1);
    __malloc_lock(_REENT);
    __malloc_unlock(_REENT);
    CHECK(primask() == 1);
    __malloc_unlock(_REENT);
    CHECK(primask() == 0);
    set_primask(1);
    free(malloc(10));
    CHECK(primask() == 1);
    set_primask(0);
}

static volatile unsigned runs, faults;
static unsigned char *from_handler;

void systick_handler(void)
{
    if (from_handler != NULL && from_handler[23] != (unsigned char)runs)
        faults++;
    free(from_handler);
    runs++;
    from_handler = malloc(24);
    if (from_handler != NULL)
        memset(from_handler, (int)runs, 24);
}

/* The period is no multiple of what a round takes: the interrupt comes at ever other places. */
static void handlers_allocate_while_main_does(void)
{
    systick_start(1999, 1999);
    unsigned char *blocks[4] = {0};
    for (unsigned round = 0; runs < 600; round++) {
        unsigned char **slot = &blocks[round % 4];
        if (*slot != NULL && (*slot)[0] != (unsigned char)(round - 4))
            faults++;
        *slot = realloc(*slot, 8 + round % 97);
        if (*slot != NULL)
            (*slot)[0] = (unsigned char)round;
    }
    systick_stop();
    CHECK(faults == 0 && primask() == 0);
}

TAP_MAIN(TEST(the_break_starts_where_the_heap_does), TEST(moves_out_of_the_region_are_refused),
         TEST(the_library_allocates_from_the_region), TEST(the_lock_nests_and_restores),
         TEST(handlers_allocate_while_main_does))
