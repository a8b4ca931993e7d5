/* trace_task_freertos.c: port_task() and port_task_name() for FreeRTOS; the exception's number in an interrupt.
 *
 * Needs INCLUDE_xTaskGetCurrentTaskHandle or configUSE_MUTEXES. Compile it with the kernel's folders and
 * FreeRTOSConfig.h.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "port.h"
#include "task.h"

uintptr_t port_task(void)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0 ? exception : (uintptr_t)xTaskGetCurrentTaskHandle();
}

const char *port_task_name(uintptr_t task)
{
    return pcTaskGetName((TaskHandle_t)task);
}
