/* systick.h: SysTick as an interrupt after a chosen number of instructions. Under QEMU's -icount one
 * instruction is longer than one tick, and interrupts are taken between two instructions, exactly.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SYSTICK_H
#define SYSTICK_H

#include <stdint.h>

/* Control, reload and current value (ARMv7-M ARM, B3.3.2). It counts down. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

/* Interrupt control and state: clears a SysTick that is pending (ARMv7-M ARM, B3.2.4). */
#define ICSR (*(volatile uint32_t *)0xE000ED04u)
#define ICSR_PENDSTCLR (1u << 25)

enum { SYST_ON = 7 /* processor clock, interrupt, enabled */, SYST_COUNT = 5 /* without interrupt */ };

/* Start counting down from `first`, which is loaded one tick later. */
static inline void systick_load(uint32_t first, uint32_t control)
{
    SYST_CSR = 0;
    SYST_RVR = first;
    SYST_CVR = 0;
    SYST_CSR = control;
    while (SYST_CVR == 0)
        ;
}

/* The first interrupt after `first` ticks, the others `period` ticks apart. */
static inline void systick_start(uint32_t first, uint32_t period)
{
    systick_load(first, SYST_ON);
    SYST_RVR = period; /* loaded when `first` has passed */
}

static inline void systick_stop(void)
{
    SYST_CSR = 0;
    ICSR = ICSR_PENDSTCLR;
}

static inline uint32_t primask(void)
{
    uint32_t value;
    __asm volatile("mrs %0, primask" : "=r"(value));
    return value;
}

static inline void set_primask(uint32_t value)
{
    __asm volatile("msr primask, %0" : : "r"(value) : "memory");
}

#endif
