/* timer.h: an interrupt after a chosen number of ticks, on any board. Under QEMU's -icount one instruction is longer
 * than one tick, and interrupts are taken between two instructions, exactly.
 *
 * A test defines timer_handler(), which the startup code calls; and lower_handler(), if it raises the other interrupt,
 * which the timer interrupts in its turn.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TIMER_H
#define TIMER_H

#include "masked.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __riscv

#define lower_handler software_handler

/* QEMU's virt machine, hart 0: the compare register and the time, of 64 bits each (SiFive FU540-C000 manual, chapter 9:
 * CLINT). */
#define MTIMECMP ((volatile uint32_t *)0x02004000u)
#define MTIME ((volatile uint32_t *)0x0200bff8u)
#define MSIP (*(volatile uint32_t *)0x02000000u)

enum { TIMER_ENABLED = 1 << 7, SOFTWARE_ENABLED = 1 << 3 }; /* in the register mie */

__attribute__((unused)) static uint32_t timer_period;
__attribute__((unused)) static uint64_t timer_due;

/* The upper half first, as far away as can be, so that no interrupt comes in between. */
static inline void timer_set_due(uint64_t due)
{
    timer_due = due;
    MTIMECMP[1] = ~0u;
    MTIMECMP[0] = (uint32_t)due;
    MTIMECMP[1] = (uint32_t)(due >> 32);
}

static inline void timer_stop(void)
{
    __asm volatile(CSR("csrc mie, %0")::"r"(TIMER_ENABLED));
    MTIMECMP[1] = ~0u;
}

/* The first interrupt after `first` ticks, the others `period` ticks apart. */
static inline void timer_start(uint32_t first, uint32_t period)
{
    timer_stop();
    timer_period = period;
    __asm volatile(CSR("csrs mie, %0")::"r"(TIMER_ENABLED));
    uint32_t low, high;
    do {
        high = MTIME[1];
        low = MTIME[0];
    } while (high != MTIME[1]);
    timer_set_due(((uint64_t)high << 32 | low) + first);
}

/* In the handler, before all else: ticks since the interrupt was due. The next one is due a period after that. */
static inline uint32_t timer_waited(void)
{
    uint32_t waited = MTIME[0] - (uint32_t)timer_due;
    timer_set_due(timer_due + timer_period);
    return waited;
}

/* The next interrupts come `period` ticks apart. */
static inline void timer_set_period(uint32_t period)
{
    timer_period = period;
}

/* A clock that counts up. */
static inline void timer_count(void)
{
}

static inline uint32_t timer_now(void)
{
    return MTIME[0];
}

/* The other interrupt: the software interrupt of machine mode. */
static inline void lower_start(void)
{
    __asm volatile(CSR("csrs mie, %0")::"r"(SOFTWARE_ENABLED));
}

static inline void lower_raise(void)
{
    MSIP = 1;
}

/* Its handler's work, which the timer may interrupt. A trap has masked interrupts, and what it keeps of the code that it
 * interrupted a second one would overwrite (The RISC-V Instruction Set Manual, volume II, 3.1.6.1). */
static inline void lower_run(void (*work)(void))
{
    unsigned long epc, status;
    MSIP = 0;
    __asm volatile(CSR("csrr %0, mepc") : "=r"(epc));
    __asm volatile(CSR("csrr %0, mstatus") : "=r"(status));
    __asm volatile(CSR("csrc mie, %0")::"r"(SOFTWARE_ENABLED));
    set_masked(0);
    work();
    set_masked(1);
    __asm volatile(CSR("csrs mie, %0")::"r"(SOFTWARE_ENABLED));
    __asm volatile(CSR("csrw mstatus, %0")::"r"(status));
    __asm volatile(CSR("csrw mepc, %0")::"r"(epc));
}

#else

#include "systick.h"

#define timer_handler systick_handler
#define lower_handler pendsv_handler

static inline void timer_stop(void)
{
    systick_stop();
}

static inline void timer_start(uint32_t first, uint32_t period)
{
    systick_start(first, period);
}

static inline uint32_t timer_waited(void)
{
    return SYST_RVR - SYST_CVR;
}

/* A clock that counts up, and does not wrap round before 2^24 ticks after its start. */
static inline void timer_count(void)
{
    systick_load(0xffffff, SYST_COUNT);
}

static inline uint32_t timer_now(void)
{
    return 0xffffff - SYST_CVR;
}

/* The next interrupts come `period` ticks apart. */
static inline void timer_set_period(uint32_t period)
{
    SYST_RVR = period;
}

/* The other interrupt: PendSV, of lower priority. SHPR3 (ARMv7-M ARM, B3.2.13; ARMv6-M has the upper two bits, and
 * allows words only). */
#define SHPR3 (*(volatile uint32_t *)0xE000ED20u)
#define ICSR_PENDSVSET (1u << 28)

static inline void lower_start(void)
{
    SHPR3 = 0x40C00000u;
}

static inline void lower_raise(void)
{
    ICSR = ICSR_PENDSVSET;
}

static inline void lower_run(void (*work)(void))
{
    work();
}

#endif

void timer_handler(void);
void lower_handler(void);

#endif
