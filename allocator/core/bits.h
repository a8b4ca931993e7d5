/* bits.h: counting and turning bits.
 *
 * Bitmaps are read from the most significant bit down: bit n of a word is BITS_FIRST >> n, so
 * that one count-leading-zeros finds the first bit set, and one rotation makes a mask.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_BITS_H
#define CAIRN_BITS_H

#include <stdint.h>

#define BITS_FIRST 0x80000000u

/* `word` rotated right by the low five bits of `count`. ROR takes the count modulo 32 by itself
 * (ARMv6-M ARM, A6.7.55), which no C expression can tell the compiler. */
static inline uint32_t bits_rotate_right(uint32_t word, uint32_t count)
{
#if defined(__ARM_ARCH) && __ARM_ARCH_ISA_THUMB == 2
    __asm("ror %0, %1, %2" : "=r"(word) : "r"(word), "r"(count));
    return word;
#elif defined(__ARM_ARCH) && __ARM_ARCH_ISA_THUMB == 1
    __asm(".syntax unified\n\trors %0, %0, %1" : "+l"(word) : "l"(count) : "cc");
    return word;
#else
    return word >> (count & 31u) | word << (-count & 31u);
#endif
}

/* Number of zeros before the first bit set, 0 to 31; `word` is not 0. One instruction, except on ARMv6-M,
 * where libgcc halves four times. */
static inline uint32_t bits_leading_zeros(uint32_t word)
{
    return (uint32_t)__builtin_clz(word);
}

#endif
