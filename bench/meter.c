/* meter.c: see meter.h. It also brings memcpy, memmove and memset, which take the time that they
 * run out of the measure: what an allocator costs is counted apart from moving and clearing bytes.
 *
 * SPDX-License-Identifier: MIT */
#include "meter.h"

#include "masked.h"

#include <stdbool.h>
#include <stddef.h>

enum { CALIBRATION = 100000 };

#ifdef __riscv

#define TICKS_MASK 0xffffffffu

static inline void start_counter(void)
{
}

/* The instructions that were executed (The RISC-V Instruction Set Manual, volume II, 3.1.11); under -icount QEMU gives
 * the time that they took. */
static inline uint32_t ticks(void)
{
    unsigned long value;
    __asm volatile(CSR("csrr %0, minstret") : "=r"(value));
    return (uint32_t)value;
}

#else

/* SysTick registers (ARMv7-M ARM, B3.3.2): control, reload, current value. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

#define TICKS_MASK 0xffffffu

static inline void start_counter(void)
{
    SYST_RVR = TICKS_MASK;
    SYST_CVR = 0;
    SYST_CSR = 5; /* enabled, processor clock, no interrupt */
}

static inline uint32_t ticks(void)
{
    return -SYST_CVR & TICKS_MASK;
}

#endif

static uint32_t excluded;   /* ticks spent copying and clearing */
static uint32_t excluding;  /* ticks that a call to copy or clear nothing takes beyond that */
static uint32_t overhead;   /* ticks from one reading to the next */
static uint32_t ticks_each; /* ticks that CALIBRATION instructions take */

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

__attribute__((noinline)) uint32_t meter_now(void)
{
    return ticks() - excluded;
}

void meter_start(void)
{
    start_counter();
    uint32_t start = ticks();
    spend(1);
    uint32_t one = (ticks() - start) & TICKS_MASK;
    start = ticks();
    spend(1 + CALIBRATION / 2);
    ticks_each = ((ticks() - start) & TICKS_MASK) - one;

    void *(*volatile clear)(void *, int, size_t) = memset;
    start = ticks();
    uint32_t reading_ticks = (ticks() - start) & TICKS_MASK;
    start = ticks() - excluded;
    clear(&one, 0, 0);
    excluding = ((ticks() - excluded - start) & TICKS_MASK) - reading_ticks;

    uint32_t (*volatile now)(void) = meter_now;
    uint32_t (*reading)(void) = now;
    start = reading();
    overhead = (reading() - start) & TICKS_MASK;
}

uint32_t meter_instructions(uint32_t passed)
{
    uint32_t net = (passed & TICKS_MASK) - overhead;
    return (uint32_t)(((uint64_t)net * CALIBRATION + ticks_each / 2) / ticks_each);
}

/* ---- Copying and clearing ------------------------------------------------------------------- */

/* Calibrated as well: a call that does nothing costs nothing. */
#define EXCLUDED_CALL(body)     \
    uint32_t entered = ticks(); \
    body;                       \
    excluded += ((ticks() - entered) & TICKS_MASK) + excluding

static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    while (size-- > 0)
        *to++ = *from++;
}

static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
    while (size-- > 0)
        to[size] = from[size];
}

static void set(unsigned char *to, int value, size_t size)
{
    while (size-- > 0)
        *to++ = (unsigned char)value;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    EXCLUDED_CALL(copy_up(to, from, size));
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    EXCLUDED_CALL(if ((uintptr_t)to <= (uintptr_t)from) copy_up(to, from, size); else copy_down(to, from, size));
    return to;
}

void *memset(void *to, int value, size_t size)
{
    EXCLUDED_CALL(set(to, value, size));
    return to;
}
