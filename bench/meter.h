/* meter.h: counts instructions on the target, exactly, by SysTick under QEMU's -icount.
 *
 * With -icount shift=N an instruction takes 2^N ns of virtual time. N is chosen, board by board,
 * so that this is longer than a SysTick period: every instruction then moves the counter. On real
 * hardware the same numbers are processor clocks.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdint.h>

/* Start SysTick, without its interrupt, and measure what a reading costs and an instruction takes. */
void meter_start(void);

/* Ticks so far, less those spent in memory that was copied or cleared. Wraps round at 2^32. */
uint32_t meter_now(void);

/* Instructions between two readings that are `ticks` apart, the reading's own taken off. */
uint32_t meter_instructions(uint32_t ticks);

#endif
