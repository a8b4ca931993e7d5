/* portmacro.h: a stand-in for a Cortex-M port's. Interrupts are masked as the kernel's own ports do:
 * by BASEPRI, or by PRIMASK where there is none.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PORTMACRO_H
#define PORTMACRO_H

#include <stdint.h>

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;

#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define portBYTE_ALIGNMENT 8

uint32_t ulSetInterruptMaskFromISR(void);
void vClearInterruptMaskFromISR(uint32_t ulMask);
#ifdef MASK_INLINE /* as GCC's ports for Cortex-M3, M4 and M7 have it; those for ARMv8-M call functions */
static inline uint32_t mask_inline(void)
{
    uint32_t found;
    __asm volatile("mrs %0, basepri\n\tmsr basepri, %1\n\tisb\n\tdsb"
                   : "=&r"(found)
                   : "r"(configMAX_SYSCALL_INTERRUPT_PRIORITY)
                   : "memory");
    return found;
}
static inline void unmask_inline(uint32_t mask)
{
    __asm volatile("msr basepri, %0" ::"r"(mask) : "memory");
}
#define portSET_INTERRUPT_MASK_FROM_ISR() mask_inline()
#define portCLEAR_INTERRUPT_MASK_FROM_ISR(x) unmask_inline(x)
#else
#define portSET_INTERRUPT_MASK_FROM_ISR() ulSetInterruptMaskFromISR()
#define portCLEAR_INTERRUPT_MASK_FROM_ISR(x) vClearInterruptMaskFromISR(x)
#endif

/* mpu_wrappers.h, without an MPU. */
#define PRIVILEGED_FUNCTION
#define PRIVILEGED_DATA

#endif
