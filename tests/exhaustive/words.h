/* words.h: every number of 32 bits, or a dense part of them, through a function.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_WORDS_H
#define EXHAUSTIVE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* All of them, or the small ones, those around each power of two and around the middle between two,
 * and one in some thousands? */
extern bool all_words;

/* Call `check` with every number; it returns whether what it has looked at is right. The first few
 * numbers for which it is not are shown. This is a test: it fails if there are any. */
void each_word(bool (*check)(uint32_t word));

/* The bin of a size of 1 to 2^33 - 1, by doubling, not by a formula. */
unsigned bin_by_doubling(uint64_t size);

/* The tests, file by file. */
void every_word_has_its_leading_zeros(void);
void every_number_has_its_bit(void);
void every_size_is_in_the_bin_of_its_doubling_and_half(void);
void every_set_of_bins_has_its_first_and_its_last(void);

void every_range_has_the_largest_heap_that_its_map_allows(void);
void every_range_is_served_and_what_is_left_of_it_counted(void);
void every_size_becomes_its_granules_or_none(void);
void every_size_finds_room_for_each_alignment_or_none(void);
void every_size_is_served_or_refused_by_malloc(void);
void every_size_is_served_or_refused_by_calloc(void);
void every_size_is_served_or_refused_by_realloc(void);
void every_size_is_served_or_refused_by_memalign(void);
void every_size_is_served_or_refused_by_pvalloc(void);
void every_size_is_served_or_refused_in_a_private_heap(void);
void every_move_of_the_break_is_served_or_refused(void);
void no_product_wraps_round(void);

#endif
