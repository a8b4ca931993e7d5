/* Any range can be painted and read: to the word, and not a byte beyond.
 *
 * SPDX-License-Identifier: MIT */
#include "../target/systick.h"

#include "stack_paint.h"
#include "tap.h"

#include <stddef.h>

enum { OTHER = 0x5a };

static union {
    uint32_t words[300];
    unsigned char bytes[1200];
} area;

static void clear(void)
{
    for (size_t i = 0; i < sizeof area.bytes; i++)
        area.bytes[i] = OTHER;
}

static bool painted(size_t from, size_t to)
{
    const uint32_t paint = STACK_PAINT_WORD;
    for (size_t i = from; i < to; i++)
        if (area.bytes[i] != ((const unsigned char *)&paint)[i % 4])
            return false;
    return true;
}

static bool other(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (area.bytes[i] != OTHER)
            return false;
    return true;
}

static void whole_words_are_painted_and_no_other_byte(void)
{
    for (size_t from = 16; from < 24; from++)
        for (size_t bytes = 0; bytes < 40; bytes++) {
            size_t first = (from + 3) / 4 * 4;
            size_t past = (from + bytes) / 4 * 4;
            past = past < first ? first : past;
            clear();
            struct stack_range range = {area.bytes + from, bytes};
            stack_paint(range);
            CHECK(other(0, first) && painted(first, past) && other(past, sizeof area.bytes));
            struct stack_use use = stack_use(range);
            CHECK(use.deepest == 0 && use.unused == past - first);
        }
}

static void every_word_that_is_written_counts(void)
{
    struct stack_range range = {area.words + 8, 256};
    for (size_t word = 0; word < 64; word++) {
        stack_paint(range);
        area.words[8 + word] = OTHER;
        struct stack_use use = stack_use(range);
        CHECK(use.deepest == 256 - 4 * word && use.unused == 4 * word);
    }
}

static void one_byte_of_a_word_will_do(void)
{
    struct stack_range range = {area.words + 8, 256};
    for (size_t byte = 0; byte < 256; byte++) {
        stack_paint(range);
        area.bytes[32 + byte] ^= 1;
        CHECK(stack_use(range).unused == byte / 4 * 4);
    }
}

static void the_lowest_word_decides(void)
{
    struct stack_range range = {area.words + 8, 256};
    stack_paint(range);
    area.words[8 + 40] = OTHER;
    area.words[8 + 20] = OTHER;
    area.words[8 + 30] = OTHER;
    CHECK(stack_use(range).unused == 80);
}

static void what_was_not_painted_counts_as_used(void)
{
    clear();
    struct stack_use use = stack_use((struct stack_range){area.words, 400});
    CHECK(use.deepest == 400 && use.unused == 0);
}

static void no_stack_has_no_use(void)
{
    struct stack_range none = {NULL, 0};
    stack_paint(none);
    CHECK(stack_use(none).deepest == 0 && stack_use(none).unused == 0);
}

/* ---- Time ------------------------------------------------------------------------------------ */

enum { CALIBRATION = 10000, WORDS = 256 };

/* Two instructions a round. */
__attribute__((naked, noinline)) static void spend(uint32_t rounds)
{
    (void)rounds;
    __asm volatile(".syntax unified\n1:\tsubs r0, r0, #1\n\tbne 1b\n\tbx lr");
}

static uint32_t ticks(void (*action)(void))
{
    systick_load(0xffffff, SYST_COUNT);
    uint32_t start = SYST_CVR;
    action();
    return start - SYST_CVR;
}

static const struct stack_range timed = {area.words, 4 * WORDS};

static void calibrate(void)
{
    spend(CALIBRATION / 2);
}

static void paint(void)
{
    stack_paint(timed);
}

static void ask(void)
{
    stack_use(timed);
}

/* Rounded down: what does not grow with the range is less than a quarter of an instruction a word. */
static uint32_t instructions_a_word(void (*action)(void))
{
    return (uint32_t)((uint64_t)ticks(action) * CALIBRATION / ticks(calibrate) / WORDS);
}

static void a_word_takes_a_few_instructions(void)
{
    uint32_t painting = instructions_a_word(paint);
    uint32_t asking = instructions_a_word(ask);
    tap_comment_number("instructions a word, painting:", painting);
    tap_comment_number("instructions a word, asking:", asking);
    CHECK(painting >= 2 && painting <= 4 && asking >= 3 && asking <= 8);
}

TAP_MAIN(TEST(whole_words_are_painted_and_no_other_byte), TEST(every_word_that_is_written_counts),
         TEST(one_byte_of_a_word_will_do), TEST(the_lowest_word_decides), TEST(what_was_not_painted_counts_as_used),
         TEST(no_stack_has_no_use), TEST(a_word_takes_a_few_instructions))
