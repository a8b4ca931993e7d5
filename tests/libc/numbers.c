/* Text that the C library reads as numbers: newlib allocates for the digits, more for more of them.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Does strtod() read all of the text as this value? picolibc's may be off in the last bits. */
static bool reads(const char *text, double value)
{
    char *end;
    double quotient = strtod(text, &end) / value;
    return *end == '\0' && quotient > 1 - 4 * DBL_EPSILON && quotient < 1 + 4 * DBL_EPSILON;
}

static void short_text_is_read(void)
{
    char *end;
    struct mark before = mark();
    double value = strtod("6.5e1 bytes", &end);
    CHECK(value > 64.9 && value < 65.1 && strcmp(end, " bytes") == 0);
    CHECK(nothing_left(before));
    CHECK(reads("0.1234567890123456789012345678901234567890", 0.12345678901234568));
    CHECK(reads("1.7976931348623157e308", DBL_MAX) && reads("-2.2250738585072014e-308", -DBL_MIN));
    CHECK(nothing_left(before));
}

/* newlib ends in an assertion where there is no memory for the digits: 8 KiB of RAM have room for fewer. */
enum { MOST = 700, FEW = 300 };
static char text[MOST + 16];
static size_t digits;

static void there_is_room_for_hundreds_of_digits(void)
{
    digits = room() > 6000 ? MOST : FEW;
    tap_comment_number("digits:", digits);
    CHECK(room() > 2800);
}

/* So many digits in `text`: `first`, zeros, `last`; and where there is no point among them, an exponent that makes
 * the first one that of ones. */
static void write_digits(const char *first, char last)
{
    size_t n = strlen(first);
    memcpy(text, first, n);
    memset(text + n, '0', digits - n);
    text[digits - 1] = last;
    text[digits] = '\0';
    if (strchr(first, '.') == NULL)
        snprintf(text + digits, sizeof text - digits, "e-%u", (unsigned)digits - 1);
}

/* 1 + 2^-53 lies between two doubles. A digit that follows decides, wherever it is. */
#define HALFWAY "1.00000000000000011102230246251565404236316680908203125"

static void hundreds_of_digits_are_read(void)
{
    struct mark before = mark();
    write_digits("3", '0');
    CHECK(reads(text, 3.0) && nothing_left(before));
    write_digits("12345", '9');
    CHECK(reads(text, 1.2345) && nothing_left(before));
    write_digits("0.0009", '9');
    CHECK(reads(text, 0.0009) && nothing_left(before));
    memset(text, '7', digits);
    text[1] = '.';
    text[digits] = '\0';
    CHECK(reads(text, 70.0 / 9) && nothing_left(before));
}

#ifdef __PICOLIBC__
NOT_THERE(the_last_of_hundreds_of_digits_decides, "picolibc 1.8 looks at the first digits alone")
#else
static void the_last_of_hundreds_of_digits_decides(void)
{
    char *end;
    struct mark before = mark();
    write_digits(HALFWAY, '0');
    CHECK(strtod(text, &end) - 1.0 == 0.0 && *end == '\0' && nothing_left(before));
    write_digits(HALFWAY, '1');
    CHECK(strtod(text, &end) - 1.0 == DBL_EPSILON && *end == '\0' && nothing_left(before));
}
#endif

static void reading_again_takes_no_more(void)
{
    char *end;
    write_digits(HALFWAY, '1');
    CHECK(strtod(text, &end) >= 1.0);
    struct mark before = mark();
    for (int i = 0; i < 10; i++)
        CHECK(strtod(text, &end) >= 1.0 && *end == '\0');
    CHECK(nothing_left(before) && mark().used.blocks == before.used.blocks);
    tap_comment_number("bytes that the library holds for reading numbers:", before.held.bytes);
}

static void hexadecimal_text_is_read(void)
{
    struct mark before = mark();
    CHECK(reads("0x1.8p3", 12.0) && reads("0x1.fffffffffffffp+1023", DBL_MAX));
    CHECK(nothing_left(before));
    memset(text, 'f', 200); /* 198 of them: 16^198 - 1 */
    memcpy(text, "0x", 2);
    strcpy(text + 200, "p-792");
    CHECK(reads(text, 1.0) && nothing_left(before));
}

static void long_doubles_are_read(void)
{
    char *end;
    struct mark before = mark();
    CHECK(strtold("-3.25", &end) == -3.25L && *end == '\0');
    write_digits("5", '0');
    CHECK(strtold(text, &end) == 5.0L && *end == '\0');
    CHECK(nothing_left(before));
}

static void wide_text_is_read(void)
{
    wchar_t *end;
    struct mark before = mark();
    CHECK(wcstod(L"-2.5e2!", &end) == -250.0 && *end == L'!');
    CHECK(nothing_left(before));
}

static void scanf_reads_numbers(void)
{
    double value = 0;
    float single = 0;
    char word[8] = "";
    struct mark before = mark();
    CHECK(sscanf("2.5 and 1e-3", "%lf %7s %f", &value, word, &single) == 3);
    CHECK(value == 2.5 && strcmp(word, "and") == 0 && single == 1e-3f);
    CHECK(nothing_left(before));
}

/* picolibc has an array for them, and makes no more than that holds. */
#ifdef __PICOLIBC__
enum { ASKED = 15 };
#else
enum { ASKED = 60 };
#endif

static void digits_are_made_by_their_old_names(void)
{
    int point, sign;
    struct mark before = mark();
    CHECK(strncmp(ecvt(-2.5, 4, &point, &sign), "2500", 4) == 0 && point == 1 && sign != 0);
    CHECK(strncmp(fcvt(1234.5, 2, &point, &sign), "123450", 6) == 0 && point == 4 && sign == 0);
    CHECK(nothing_left(before));
    CHECK(strncmp(ecvt(0x1p100, ASKED, &point, &sign), "12676506002282", 14) == 0 && point == 31);
    CHECK(nothing_left(before));
}

TAP_MAIN(TEST(short_text_is_read), TEST(there_is_room_for_hundreds_of_digits), TEST(hundreds_of_digits_are_read),
         TEST(the_last_of_hundreds_of_digits_decides), TEST(reading_again_takes_no_more),
         TEST(hexadecimal_text_is_read), TEST(long_doubles_are_read), TEST(wide_text_is_read),
         TEST(scanf_reads_numbers), TEST(digits_are_made_by_their_old_names))
