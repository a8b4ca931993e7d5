/* task.h: a stand-in for the kernel's: what a heap uses of it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef INC_TASK_H
#define INC_TASK_H

#ifndef INC_FREERTOS_H
#error "FreeRTOS.h must be included before task.h"
#endif

#define taskENTER_CRITICAL_FROM_ISR() portSET_INTERRUPT_MASK_FROM_ISR()
#define taskEXIT_CRITICAL_FROM_ISR(x) portCLEAR_INTERRUPT_MASK_FROM_ISR(x)

void vTaskSuspendAll(void) PRIVILEGED_FUNCTION;
BaseType_t xTaskResumeAll(void) PRIVILEGED_FUNCTION;

#endif
