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

#define taskENTER_CRITICAL()
#define taskEXIT_CRITICAL()
#define tskIDLE_PRIORITY ((UBaseType_t)0)
#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define pdFAIL pdFALSE
#define pdPASS pdTRUE

typedef void *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);

/* scheduler.c */
BaseType_t xTaskCreate(TaskFunction_t run, const char *name, uint32_t words, void *argument, UBaseType_t priority,
                       TaskHandle_t *created) PRIVILEGED_FUNCTION;
void vTaskDelete(TaskHandle_t task) PRIVILEGED_FUNCTION;
void vTaskDelay(TickType_t ticks) PRIVILEGED_FUNCTION;
void vTaskStartScheduler(void) PRIVILEGED_FUNCTION;
BaseType_t xTaskNotifyGive(TaskHandle_t task) PRIVILEGED_FUNCTION;
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks) PRIVILEGED_FUNCTION;

void vTaskSuspendAll(void) PRIVILEGED_FUNCTION;
BaseType_t xTaskResumeAll(void) PRIVILEGED_FUNCTION;

#endif
