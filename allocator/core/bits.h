/* bits.h: counting and turning bits.
 *
 * Bitmaps are read from the most significant bit down: bit n of a word is BITS_FIRST >> n, so
 * that one count-leading-zeros finds the first bit set.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_BITS_H
#define CAIRN_BITS_H

#include <stdint.h>

#define BITS_FIRST 0x80000000u

/* Bit `n` modulo 32. ROR takes its count modulo 32 by itself (ARMv6-M ARM, A6.7.55), which no C expression can tell the
 * compiler. */
static inline uint32_t bits_bit(uint32_t n)
{
#if defined(__ARM_ARCH) && __ARM_ARCH_ISA_THUMB == 2
    uint32_t bit;
    __asm("ror %0, %1, %2" : "=r"(bit) : "r"(BITS_FIRST), "r"(n));
    return bit;
#elif defined(__ARM_ARCH) && __ARM_ARCH_ISA_THUMB == 1
    uint32_t bit = BITS_FIRST;
    __asm(".syntax unified\n\trors %0, %0, %1" : "+l"(bit) : "l"(n) : "cc");
    return bit;
#else
    return BITS_FIRST >> (n & 31u);
#endif
}

/* A core without an instruction for it calls the compiler's function. Where that is most of the time, and the code need
 * not be small, a table has the last eight bits. */
#ifdef BITS_TABLE /* tests of the host choose */
#elif !defined(BITS_COUNTED_OFTEN) || defined(__OPTIMIZE_SIZE__) || defined(__ARM_FEATURE_CLZ) || \
    defined(__riscv_zbb) || defined(__x86_64__) || defined(__i386__)
#define BITS_TABLE 0
#else
#define BITS_TABLE 1
#endif

#if BITS_TABLE
#define BITS_TWICE(...) __VA_ARGS__, __VA_ARGS__
/* Zeros before the first bit set of a number that has eight bits; 8 for 0. */
static const uint8_t bits_zeros[256] = {
    8,
    7,
    BITS_TWICE(6),
    BITS_TWICE(BITS_TWICE(5)),
    BITS_TWICE(BITS_TWICE(BITS_TWICE(4))),
    BITS_TWICE(BITS_TWICE(BITS_TWICE(BITS_TWICE(3)))),
    BITS_TWICE(BITS_TWICE(BITS_TWICE(BITS_TWICE(BITS_TWICE(2))))),
    BITS_TWICE(BITS_TWICE(BITS_TWICE(BITS_TWICE(BITS_TWICE(BITS_TWICE(1)))))),
};
#endif

/* Number of zeros before the first bit set, 0 to 31; `word` is not 0. */
static inline uint32_t bits_leading_zeros(uint32_t word)
{
#if BITS_TABLE
    /* Most are sizes, below 256, or words of a map, whose first bits are seldom all 0. */
    uint32_t shift = word <= 0xffu ? 0u : word >> 24 != 0 ? 24u : word >> 16 != 0 ? 16u : 8u;
    return 24u - shift + bits_zeros[word >> shift];
#else
    return (uint32_t)__builtin_clz(word);
#endif
}

#endif
