/* masked.h: interrupts masked and unmasked by hand, and a loop of a known number of instructions.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MASKED_H
#define MASKED_H

#include <stdint.h>

#ifdef __riscv

/* -march=rv32imac does not name the extension of the CSR instructions. */
#define CSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop"

#define MASK CSR("csrci mstatus, 8")
#define UNMASK CSR("csrsi mstatus, 8")

/* Are interrupts masked? 1 or 0. */
static inline uint32_t masked(void)
{
    unsigned long value;
    __asm volatile(CSR("csrr %0, mstatus") : "=r"(value));
    return (~value & 8u) >> 3;
}

#else

#define MASK "cpsid i"
#define UNMASK "cpsie i"

static inline uint32_t masked(void)
{
    uint32_t value;
    __asm volatile("mrs %0, primask" : "=r"(value));
    return value;
}

#endif

static inline void set_masked(uint32_t value)
{
    if (value != 0)
        __asm volatile(MASK ::: "memory");
    else
        __asm volatile(UNMASK ::: "memory");
}

/* Two instructions a round, `rounds` times, and two to return and to come here. */
__attribute__((naked, noinline, unused)) static void spend(uint32_t rounds)
{
    (void)rounds;
#ifdef __riscv
    __asm volatile("1:\taddi a0, a0, -1\n\tbnez a0, 1b\n\tret");
#else
    __asm volatile(".syntax unified\n1:\tsubs r0, r0, #1\n\tbne 1b\n\tbx lr");
#endif
}

#endif
