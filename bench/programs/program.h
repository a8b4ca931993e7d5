/* program.h: what a program of `make programs` is made of. It prints with printf(), and its output must be the same
 * with every C library and every heap: bench/programs/<name>.expected.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The program. Returns 0, or another number if it could not do what it should. */
int program(void);

/* The next of a series of numbers that is the same in every run. */
static inline uint32_t program_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A sum over bytes, for outputs that are too long to print. Begin with 5381. */
static inline uint32_t program_sum(uint32_t sum, const void *data, uint32_t size)
{
    for (const unsigned char *p = (const unsigned char *)data; size > 0; size--)
        sum = sum * 33u ^ *p++;
    return sum;
}

/* The text of a file, with a 0 at its end: `extern const char name[]`. */
#define PROGRAM_TEXT(name, path)                                                                     \
    extern const char name[];                                                                        \
    __asm(".pushsection .rodata." #name ",\"a\"\n\t.global " #name "\n" #name ":\n\t.incbin \"" path \
          "\"\n\t.byte 0\n\t.balign 4\n\t.popsection")

#ifdef __cplusplus
}
#endif

#endif
