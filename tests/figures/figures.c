/* malloc_stats() where counts are kept: two lines on standard error, with what the heap says of itself.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "hooks.h"
#include "tap.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In place of the C library's. */
static char written[400];
static size_t length;

ssize_t write(int handle, const void *text, size_t size)
{
    CHECK(handle == STDERR_FILENO && length + size < sizeof written);
    memcpy(written + length, text, size);
    length += size;
    return (ssize_t)size;
}

/* Is this what malloc_stats() writes, `last` being how its second line ends? */
static bool writes(const char *last)
{
    static char expected[400];
    struct cairn_stats stats = {0};
    struct cairn_counts counts;
    if (cairn_system() != NULL)
        cairn_stats(cairn_system(), &stats);
    cairn_read_counts(&counts);
    snprintf(expected, sizeof expected,
             "heap: %lu bytes used, %lu free, %lu control data, %lu to grow\n"
             "calls: %lu blocks live, %lu bytes used at most, %lu refused%s\n",
             (unsigned long)stats.used, (unsigned long)stats.free, (unsigned long)stats.control,
             (unsigned long)stats.can_grow, (unsigned long)counts.live_blocks, (unsigned long)counts.peak,
             (unsigned long)counts.failures, last);
    memset(written, 0, sizeof written);
    length = 0;
    malloc_stats();
    return strcmp(written, expected) == 0;
}

static void before_the_first_request_all_figures_are_zero(void)
{
    CHECK(cairn_system() == NULL && writes(""));
    CHECK(strstr(written, "heap: 0 bytes used, 0 free") == written);
}

static void live_blocks_and_the_peak_are_told(void)
{
    void *p = launder(malloc(100));
    void *q = launder(malloc(60));
    CHECK(writes("") && strstr(written, "calls: 2 blocks live") != NULL);
    free(q);
    CHECK(writes("") && strstr(written, "calls: 1 blocks live") != NULL);
    free(p);
}

static void the_last_refused_request_is_told(void)
{
    CHECK(malloc(SIZE_MAX - 100) == NULL && malloc(123456789) == NULL);
    CHECK(writes(", the last of 123456789 bytes") && strstr(written, " 2 refused, ") != NULL);
}

TAP_MAIN(TEST(before_the_first_request_all_figures_are_zero), TEST(live_blocks_and_the_peak_are_told),
         TEST(the_last_refused_request_is_told))
