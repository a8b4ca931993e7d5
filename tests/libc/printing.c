/* The C library's printing, which allocates for floating point, for wide text and for its streams, on this heap.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void floating_point_is_formatted(void)
{
    char text[40];
    struct mark before = mark();
    CHECK(snprintf(text, sizeof text, "%f", 3.25) == 8 && strcmp(text, "3.250000") == 0);
    CHECK(nothing_left(before));
    CHECK(snprintf(text, sizeof text, "%.3e", -12345.678) == 10 && strcmp(text, "-1.235e+04") == 0);
    CHECK(snprintf(text, sizeof text, "%g %d %s", 0.1, 7, "end") == 9 && strcmp(text, "0.1 7 end") == 0);
#ifndef __PICOLIBC__
    CHECK(cairn_system() != NULL); /* where the digits were made; picolibc makes them on the stack */
#endif
    CHECK(nothing_left(before));
}

static void many_digits_are_formatted(void)
{
    char text[90];
    struct mark before = mark();
    CHECK(snprintf(text, sizeof text, "%.20f", 1.0 / 3) == 22);
    CHECK(strncmp(text, "0.3333333333333333", 18) == 0);
    CHECK(snprintf(text, sizeof text, "%.0f", 0x1p200) == 61);
    CHECK(strncmp(text, "160693804425899", 15) == 0);
    CHECK(nothing_left(before));
}

/* long double is double on Arm's cores, and reaches the library by another path. */
static void long_doubles_are_formatted(void)
{
#ifdef __PICOLIBC__
    if (sizeof(long double) > sizeof(double)) {
        tap_skip("picolibc 1.8 prints no long double of 128 bits");
        return;
    }
#endif
    char text[60];
    struct mark before = mark();
    CHECK(snprintf(text, sizeof text, "%Lf", 3.25L) == 8 && strcmp(text, "3.250000") == 0);
    CHECK(nothing_left(before));
    CHECK(snprintf(text, sizeof text, "%.3Le|%Lg", -12345.678L, 1e-10L) == 16 && strcmp(text, "-1.235e+04|1e-10") == 0);
    CHECK(snprintf(text, sizeof text, "%.30Lf", 0x1p-20L) == 32);
    CHECK(strncmp(text, "0.00000095367431640625", 18) == 0);
    CHECK(nothing_left(before));
}

/* What one conversion leaves, the next one takes. */
static void printing_again_takes_no_more(void)
{
    char text[90];
    struct mark before = {{0, 0}, {0, 0}};
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%f %.17g %.0f", i / 7.0, i * 1e15, i * 0x1p100);
        if (i == 9)
            before = mark();
    }
    CHECK(nothing_left(before) && mark().used.blocks == before.used.blocks);
    tap_comment_number("bytes that the library holds for printing numbers:", mark().held.bytes);
}

static void asprintf_allocates_what_it_prints(void)
{
    char *text = NULL;
    struct mark before = mark();
    CHECK(asprintf(&text, "%d bytes in %s", 42, "a heap") == 18);
    CHECK(strcmp(text, "42 bytes in a heap") == 0 && malloc_usable_size(text) >= 19 && blocks_more(before, 1));
    free(text);
    CHECK(nothing_left(before));
    CHECK(asprintf(&text, "%500d|%.3f", 7, 2.5) == 506); /* grows on the way */
    CHECK(strcmp(text + 499, "7|2.500") == 0 && malloc_usable_size(text) >= 507 && blocks_more(before, 1));
    free(text);
    CHECK(nothing_left(before));
}

static int print_into(char **text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

static void vasprintf_allocates_what_it_prints(void)
{
    char *text = NULL;
    struct mark before = mark();
    CHECK(print_into(&text, "%d and %.1f", 1, 2.5) == 9 && strcmp(text, "1 and 2.5") == 0 && blocks_more(before, 1));
    free(text);
    CHECK(nothing_left(before));
}

#ifdef __PICOLIBC__
NOT_THERE(wide_text_is_formatted, "picolibc 1.8 has no swprintf()")
#else
static void wide_text_is_formatted(void)
{
    wchar_t text[40];
    struct mark before = mark();
    CHECK(swprintf(text, 40, L"%f %ls %d", 2.5, L"wide", 3) == 15 && wcscmp(text, L"2.500000 wide 3") == 0);
    CHECK(nothing_left(before));
}
#endif

#if defined(__PICOLIBC__)
NOT_THERE(wide_text_is_written_to_a_stream, "picolibc 1.8 has no fwprintf()")
#elif defined(_REENT_SMALL)
NOT_THERE(wide_text_is_written_to_a_stream, "newlib-nano 3.3 has no _vfwprintf_r(), and fwprintf() does not link")
#else
static void wide_text_is_written_to_a_stream(void)
{
    char text[20] = "";
    struct mark before = mark();
    FILE *file = fmemopen(text, sizeof text, "w");
    CHECK(file != NULL && fwprintf(file, L"%.1f %ls", 0.5, L"wide") == 8 && heap_is_sound());
    CHECK(fclose(file) == 0 && strcmp(text, "0.5 wide") == 0);
    CHECK(nothing_left(before));
}
#endif

static void printf_reaches_the_console(void)
{
    struct mark before = mark();
    CHECK(printf("# printed: %f\n", 2.5) == 20);
    CHECK(fflush(stdout) == 0 && nothing_left(before));
    CHECK(fprintf(stderr, "# and this: %f\n", 0.5) == 21);
    CHECK(nothing_left(before));
}

TAP_MAIN(TEST(floating_point_is_formatted), TEST(many_digits_are_formatted), TEST(long_doubles_are_formatted),
         TEST(printing_again_takes_no_more), TEST(asprintf_allocates_what_it_prints),
         TEST(vasprintf_allocates_what_it_prints), TEST(wide_text_is_formatted), TEST(wide_text_is_written_to_a_stream),
         TEST(printf_reaches_the_console))
