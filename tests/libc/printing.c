/* The C library's printing, which allocates for floating point and for its streams, on this heap.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blocks.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool heap_is_sound(void)
{
    return cairn_system() == NULL || cairn_check(cairn_system(), NULL) == 0;
}

static void floating_point_is_formatted(void)
{
    char text[40];
    CHECK(snprintf(text, sizeof text, "%f", 3.25) == 8 && strcmp(text, "3.250000") == 0);
    CHECK(snprintf(text, sizeof text, "%.3e", -12345.678) == 10 && strcmp(text, "-1.235e+04") == 0);
    CHECK(snprintf(text, sizeof text, "%g %d %s", 0.1, 7, "end") == 9 && strcmp(text, "0.1 7 end") == 0);
#ifndef __PICOLIBC__
    CHECK(cairn_system() != NULL); /* where the digits were made; picolibc makes them on the stack */
#endif
    CHECK(heap_is_sound());
}

static void many_digits_are_formatted(void)
{
    char text[90];
    CHECK(snprintf(text, sizeof text, "%.20f", 1.0 / 3) == 22);
    CHECK(strncmp(text, "0.3333333333333333", 18) == 0);
    CHECK(snprintf(text, sizeof text, "%.0f", 0x1p200) == 61);
    CHECK(strncmp(text, "160693804425899", 15) == 0);
    CHECK(heap_is_sound());
}

static void printf_reaches_the_console(void)
{
    CHECK(printf("# printed: %f\n", 2.5) == 20);
    CHECK(fflush(stdout) == 0);
    CHECK(heap_is_sound());
}

static void strings_are_read_as_floating_point(void)
{
    char *end;
    double value = strtod("6.5e1 bytes", &end);
    CHECK(value > 64.9 && value < 65.1 && strcmp(end, " bytes") == 0);
    value = strtod("0.1234567890123456789012345678901234567890", &end);
    CHECK(value > 0.123 && value < 0.124 && *end == '\0');
    CHECK(heap_is_sound());
}

static void asprintf_allocates_what_it_prints(void)
{
    char *text = NULL;
    CHECK(asprintf(&text, "%d bytes in %s", 42, "a heap") == 18);
    CHECK(strcmp(text, "42 bytes in a heap") == 0 && malloc_usable_size(text) >= 19);
    free(text);
    CHECK(heap_is_sound());
}

TAP_MAIN(TEST(floating_point_is_formatted), TEST(many_digits_are_formatted), TEST(printf_reaches_the_console),
         TEST(strings_are_read_as_floating_point), TEST(asprintf_allocates_what_it_prints))
