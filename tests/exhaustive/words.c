/* words.c: the arithmetic of sizes, ranges and bins, for every number there is ("all"), or for a dense part.
 *
 * SPDX-License-Identifier: MIT */
#include "words.h"

#include "tap.h"

#include <stdio.h>
#include <string.h>

enum { SMALL = 1 << 18, AROUND = 1 << 12, STRIDE = 9973, SHOWN = 5 };

bool all_words;

static unsigned wrong;

static void check_one(bool (*check)(uint32_t word), uint32_t word)
{
    char text[40];
    if (check(word) || wrong++ >= SHOWN)
        return;
    snprintf(text, sizeof text, "wrong for %#lx", (unsigned long)word);
    tap_comment(text);
}

/* From `word` - AROUND up to `word` + AROUND, round the end. */
static void check_around(bool (*check)(uint32_t word), uint32_t word)
{
    for (uint32_t i = 0; i <= 2 * AROUND; i++)
        check_one(check, word - AROUND + i);
}

void each_word(bool (*check)(uint32_t word))
{
    wrong = 0;
    if (all_words) {
        uint32_t word = 0;
        do
            check_one(check, word);
        while (++word != 0);
    } else {
        for (uint32_t word = 0; word < SMALL; word++)
            check_one(check, word);
        for (unsigned bit = 18; bit < 32; bit++) {
            check_around(check, (uint32_t)1 << bit);
            check_around(check, (uint32_t)3 << (bit - 1));
        }
        check_around(check, 0);
        for (uint32_t word = SMALL; word < UINT32_MAX - STRIDE; word += STRIDE)
            check_one(check, word);
    }
    CHECK(wrong == 0);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        TEST(every_word_has_its_leading_zeros),
        TEST(every_number_has_its_bit),
        TEST(every_size_is_in_the_bin_of_its_doubling_and_half),
        TEST(every_set_of_bins_has_its_first_and_its_last),
        TEST(every_range_has_the_largest_heap_that_its_map_allows),
        TEST(every_range_is_served_and_what_is_left_of_it_counted),
        TEST(every_size_becomes_its_granules_or_none),
        TEST(every_size_finds_room_for_each_alignment_or_none),
        TEST(every_size_is_served_or_refused_by_malloc),
        TEST(every_size_is_served_or_refused_by_calloc),
        TEST(every_size_is_served_or_refused_by_realloc),
        TEST(every_size_is_served_or_refused_by_memalign),
        TEST(every_size_is_served_or_refused_by_pvalloc),
        TEST(every_size_is_served_or_refused_in_a_private_heap),
        TEST(every_move_of_the_break_is_served_or_refused),
        TEST(no_product_wraps_round),
    };
    all_words = argc > 1 && strcmp(argv[1], "all") == 0;
    return tap_run(tests, (int)(sizeof tests / sizeof tests[0]));
}
