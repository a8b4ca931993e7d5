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
#define portSET_INTERRUPT_MASK_FROM_ISR() ulSetInterruptMaskFromISR()
#define portCLEAR_INTERRUPT_MASK_FROM_ISR(x) vClearInterruptMaskFromISR(x)

/* mpu_wrappers.h, without an MPU. */
#define PRIVILEGED_FUNCTION
#define PRIVILEGED_DATA

#endif
