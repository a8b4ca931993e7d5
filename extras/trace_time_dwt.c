/* trace_time_dwt.c: port_time() by the cycle counter of the DWT: the core's clock, modulo 2^32.
 *
 * Not for Cortex-M0, M0+ and M23, which have none: there it stays 0. The counter starts at the first call.
 * Registers: ARM DDI 0403E.e, ARMv7-M Architecture Reference Manual, C1.6.5 and C1.8.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"

#define DEMCR (*(volatile uint32_t *)0xe000edfcu)
#define DWT_CTRL (*(volatile uint32_t *)0xe0001000u)
#define DWT_CYCCNT (*(volatile uint32_t *)0xe0001004u)
#define TRCENA (1u << 24)
#define CYCCNTENA 1u

uint32_t port_time(void)
{
    if ((DWT_CTRL & CYCCNTENA) == 0) {
        DEMCR |= TRCENA;
        DWT_CTRL |= CYCCNTENA;
    }
    return DWT_CYCCNT;
}
