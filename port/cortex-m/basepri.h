/* basepri.h: the lock by BASEPRI: interrupts whose priority is above a ceiling are never held back.
 *
 * For ARMv7-M and ARMv8-M Mainline. CAIRN_CEILING is the priority, as it is in the NVIC's
 * priority registers (a smaller number is a higher priority), from which on interrupts wait. With ceiling.h the
 * firmware gives it when it links. Those
 * above it, with smaller numbers, run even while the heap is locked, and so must not use it: one that
 * does ends in cairn_fatal(CAIRN_ABOVE_CEILING), with the exception's number as the address.
 *
 * On a Cortex-M7 r0p1, erratum 837070 requires interrupts to be disabled around the write to BASEPRI: use
 * primask.h there.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_BASEPRI_H
#define CAIRN_BASEPRI_H

#include "cairn.h"

#include <stdint.h>

#ifdef __riscv
#error "BASEPRI is Cortex-M's: on RISC-V leave CAIRN_CEILING out, and use riscv/mie.h, which holds every interrupt back"
#endif
#ifdef CAIRN_CEILING_OF_FIRMWARE /* ceiling.h */
extern const char cairn_ceiling[];
#define PORT_CEILING ((uint32_t)(uintptr_t)cairn_ceiling)
#else
#define PORT_CEILING CAIRN_CEILING
#ifndef CAIRN_CEILING
#error "CAIRN_CEILING is not set: give the priority, 1 to 255, from which on interrupts wait for the heap"
#endif
#if CAIRN_CEILING < 1 || CAIRN_CEILING > 255
#error "CAIRN_CEILING must be 1 to 255: BASEPRI 0 masks nothing"
#endif
#if defined(__NVIC_PRIO_BITS) && (CAIRN_CEILING & ((1 << (8 - __NVIC_PRIO_BITS)) - 1)) != 0
#error "CAIRN_CEILING has bits that this chip does not implement: shift the priority left by 8 - __NVIC_PRIO_BITS"
#endif
#endif
#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "BASEPRI is not there on ARMv6-M and ARMv8-M Baseline: use cortex-m/primask.h"
#endif

/* Priority of the exception that runs now, by its number. Faults and NMI have fixed ones, above all
 * others. System handlers: ARMv7-M ARM, B3.2.11 (SHPR1 to 3); interrupts: B3.4.9 (NVIC_IPR). */
static inline uint32_t port_priority(uint32_t exception)
{
    if (exception < 4u)
        return 0;
    const volatile uint8_t *priorities = (const volatile uint8_t *)(exception < 16u ? 0xE000ED14u : 0xE000E3F0u);
    return priorities[exception];
}

/* Apart, so that the lock stays short where no exception runs. */
__attribute__((noinline, cold, unused)) static void port_check_exception(uint32_t exception)
{
    if (port_priority(exception) < PORT_CEILING)
        cairn_fatal(CAIRN_ABOVE_CEILING, (const void *)(uintptr_t)exception);
}

static inline uint32_t port_lock(void)
{
    uint32_t state;
    __asm volatile("mrs %0, ipsr" : "=r"(state));
    if (state != 0)
        port_check_exception(state);
    /* BASEPRI_MAX only raises: a lock inside a stricter one does not loosen it. The barrier makes the
     * write take effect before the next instruction (ARM DAI0321, 4.8). */
    __asm volatile("mrs %0, basepri\n\tmsr basepri_max, %1\n\tisb" : "=&r"(state) : "r"(PORT_CEILING) : "memory");
    return state;
}

/* A chip implements only the upper bits of a priority, 2 of them at least; the others read as 0. A ceiling that has
 * none of the upper ones, such as FreeRTOS's number of a priority in place of its bits, masks nothing. */
#define PORT_LOCK_HOLDS() port_lock_holds()
static inline int port_lock_holds(void)
{
    uint32_t ceiling;
    __asm volatile("mrs %0, basepri" : "=r"(ceiling));
    return ceiling != 0;
}

static inline void port_unlock(uint32_t state)
{
    __asm volatile("msr basepri, %0" ::"r"(state) : "memory");
}

#endif
