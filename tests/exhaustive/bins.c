/* bins.c: bits.h and bins.h, a number at a time. What is expected is made by doubling, not by a formula.
 *
 * SPDX-License-Identifier: MIT */
#include "words.h"

#include "core/bins.h"
#include "tap.h"

/* ---- Bits ------------------------------------------------------------------------------------ */

static bool has_its_leading_zeros(uint32_t word)
{
    if (word == 0)
        return true; /* not asked for */
    uint32_t zeros = bits_leading_zeros(word);
    return zeros < 32 && (uint64_t)word << zeros >> 31 == 1;
}

void every_word_has_its_leading_zeros(void)
{
    each_word(has_its_leading_zeros);
}

static bool has_its_bit(uint32_t n)
{
    return bits_bit(n) == BITS_FIRST >> n % 32;
}

void every_number_has_its_bit(void)
{
    each_word(has_its_bit);
}

/* ---- Bins ------------------------------------------------------------------------------------ */

/* The last bin of any size, and of one that a heap can have. */
enum { LAST_BIN = 63, LAST_USED_BIN = CAIRN_INDEX_BITS == 16 ? 31 : 61 };

/* The smallest size of each bin from 1 on, and of one more. */
static uint64_t floors[LAST_BIN + 2];

static void make_floors(void)
{
    for (unsigned bin = 1; bin <= LAST_BIN + 1; bin++)
        floors[bin] = bin <= 3 ? bin : 2 * floors[bin - 2];
}

/* From the bin of the size before, which is near. */
unsigned bin_by_doubling(uint64_t size)
{
    static unsigned bin = 1;
    if (floors[1] == 0)
        make_floors();
    while (floors[bin] > size)
        bin--;
    while (floors[bin + 1] <= size)
        bin++;
    return bin;
}

/* A size belongs to one bin only: the bins' order follows. */
static bool is_in_its_bin(uint32_t size)
{
    if (size == 0)
        return true; /* not asked for */
    return bin_of(size) == bin_by_doubling(size);
}

void every_size_is_in_the_bin_of_its_doubling_and_half(void)
{
    each_word(is_in_its_bin);
    for (uint32_t bin = 1; bin <= LAST_USED_BIN; bin++)
        CHECK(bin_floor(bin) == floors[bin] && bin_of(bin_floor(bin)) == bin && bin_bit(bin) == BIN_FIRST >> bin);
}

/* Do bin_first() and bin_last() find the ends of a set: none before, none behind? */
static bool has_its_ends(bin_set set)
{
    if (set == 0)
        return true; /* not asked for */
    uint32_t first = bin_first(set), last = bin_last(set);
    return first <= last && last < BIN_COUNT && set >> (BIN_COUNT - 1 - first) == 1 &&
           (bin_set)(set << last) == BIN_FIRST;
}

/* Sets of 64 bins: the word in the upper half, in the lower one, and in both. */
static bool sets_have_their_ends(uint32_t word)
{
    bin_set lower = word, upper = lower << (BIN_COUNT - 32);
    return has_its_ends(lower) && has_its_ends(upper) && has_its_ends(lower | upper);
}

void every_set_of_bins_has_its_first_and_its_last(void)
{
    each_word(sets_have_their_ends);
}
