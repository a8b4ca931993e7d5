/* clock.h: the instructions of a program, and of its calls (run.c, calls.c).
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_PROGRAMS_CLOCK_H
#define BENCH_PROGRAMS_CLOCK_H

#include <stdint.h>

/* A reading, and how many instructions there are between two of them. */
uint64_t clock_ticks(void);
uint64_t clock_instructions(uint64_t ticks);

/* Print what was counted besides. */
void clock_report(void);

#endif
