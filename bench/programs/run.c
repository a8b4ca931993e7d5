/* run.c: runs a program (program.h) and counts its instructions, for bench/programs.py: "result: instructions N".
 *
 * SysTick counts while QEMU gives every instruction the same time (-icount); an interrupt counts how often it wraps.
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"
#include "program.h"
#include "result.h"

#include <stdio.h>

/* SysTick registers (ARMv7-M ARM, B3.3.2): control, reload, current value. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

enum { TICKS = 0x1000000, CALIBRATION = 100000 };

static volatile uint32_t wraps;
static uint32_t ticks_each; /* ticks that CALIBRATION instructions take */

void systick_handler(void);

void systick_handler(void)
{
    wraps++;
}

__attribute__((noinline)) uint64_t clock_ticks(void)
{
    uint32_t before, value;
    do {
        before = wraps;
        value = SYST_CVR;
    } while (before != wraps);
    return (uint64_t)before * TICKS + (TICKS - 1 - value);
}

uint64_t clock_instructions(uint64_t ticks)
{
    return (ticks * CALIBRATION + ticks_each / 2) / ticks_each;
}

/* Two instructions a round, `rounds` times, and two to return and to come here. */
__attribute__((naked, noinline)) static void spend(uint32_t rounds)
{
    (void)rounds;
    __asm volatile(".syntax unified\n1:\tsubs r0, r0, #1\n\tbne 1b\n\tbx lr");
}

static void start_clock(void)
{
    SYST_RVR = TICKS - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; /* enabled, processor clock, interrupt */
    uint64_t start = clock_ticks();
    spend(1);
    uint64_t one = clock_ticks() - start;
    start = clock_ticks();
    spend(1 + CALIBRATION / 2);
    ticks_each = (uint32_t)(clock_ticks() - start - one);
}

/* What time() and clock() ask for: there is no clock of the day. picolibc's own would ask the host, and no two runs of a
 * program that does would have the same figures. */
#ifdef __PICOLIBC__
#define CLOCK(name) name
#else
#define CLOCK(name) _##name
#endif
int CLOCK(gettimeofday)(void *time, void *zone);
int CLOCK(times)(void *times);

int CLOCK(gettimeofday)(void *time, void *zone)
{
    (void)time, (void)zone;
    return -1;
}

int CLOCK(times)(void *times)
{
    (void)times;
    return -1;
}

/* Of the program that takes the time of its calls as well. */
__attribute__((weak)) void clock_report(void)
{
}

int main(void)
{
    start_clock();
    uint64_t start = clock_ticks();
    int status = program();
    fflush(stdout);
    uint64_t end = clock_ticks();
    result("instructions", (uint32_t)clock_instructions(end - start));
    clock_report();
    return status;
}
