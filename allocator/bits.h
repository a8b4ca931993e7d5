/* bits.h: counting and turning bits, with and without the instructions for it.
 *
 * Bitmaps are read from the most significant bit down: bit n of a word is BITS_FIRST >> n, so
 * that one count-leading-zeros finds the first bit set, and one rotation makes a mask.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_BITS_H
#define CAIRN_BITS_H

#include <stdint.h>

#define BITS_FIRST 0x80000000u

/* ARMv6-M has neither CLZ nor anything like it. */
#if defined(__ARM_ARCH) && !defined(__ARM_FEATURE_CLZ)
#define BITS_HAVE_CLZ 0
#else
#define BITS_HAVE_CLZ 1
#endif

/* `word` rotated right by the low five bits of `count`. ROR takes the count modulo 32 by itself
 * (ARMv6-M ARM, A6.7.55), which no C expression can tell the compiler. */
static inline uint32_t bits_rotate_right(uint32_t word, uint32_t count)
{
#if defined(__ARM_ARCH) && __ARM_ARCH_ISA_THUMB == 2
    __asm("ror %0, %1, %2" : "=r"(word) : "r"(word), "r"(count));
    return word;
#else
    return word >> (count & 31u) | word << (-count & 31u);
#endif
}

/* Number of zeros before the first bit set, 0 to 31; `word` is not 0. */
static inline uint32_t bits_leading_zeros(uint32_t word)
{
#if !BITS_HAVE_CLZ
    /* Halve three times, then look the last four bits up. */
    static const uint8_t zeros[16] = {32, 31, 30, 30, 29, 29, 29, 29, 28, 28, 28, 28, 28, 28, 28, 28};
    uint32_t halved = 0;
    if (word >= 0x10000u) {
        word >>= 16;
        halved = 16;
    }
    if (word >= 0x100u) {
        word >>= 8;
        halved += 8;
    }
    if (word >= 0x10u) {
        word >>= 4;
        halved += 4;
    }
    return zeros[word] - halved;
#else
    return (uint32_t)__builtin_clz(word);
#endif
}

#endif
