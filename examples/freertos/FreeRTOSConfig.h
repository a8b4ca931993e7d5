/* FreeRTOSConfig.h: for kernels V10.4 to V11.3, on a Cortex-M3. What concerns the heap comes first.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configUSE_MALLOC_FAILED_HOOK 1

/* The heap: malloc's own, all RAM that is left. Or, to keep the two apart, one in ucHeap: */
/* #define CAIRN_FREERTOS_HEAP CAIRN_FREERTOS_UCHEAP */
#define configTOTAL_HEAP_SIZE ((size_t)(32 * 1024))

/* Interrupts of this priority and less urgent ones wait for the kernel, and for malloc(). More urgent ones never wait,
 * and must use neither. */
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x40
#define configKERNEL_INTERRUPT_PRIORITY 0xff

/* Misuse of the heap fails an assertion. */
#define CAIRN_FREERTOS_ASSERT 1
#define configASSERT(x) ((x) ? (void)0 : assertion_failed(__FILE__, __LINE__))
void assertion_failed(const char *file, int line);

/* ---- The rest ---------------------------------------------------------------------------------- */

#define configUSE_PREEMPTION 1
#define configUSE_IDLE_HOOK 0
#define configUSE_TICK_HOOK 0
#define configCPU_CLOCK_HZ 25000000UL
#define configTICK_RATE_HZ 1000
#define configMAX_PRIORITIES 4
#define configMINIMAL_STACK_SIZE 128
#define configMAX_TASK_NAME_LEN 8
#define configUSE_16_BIT_TICKS 0
#define INCLUDE_vTaskDelay 1
#define INCLUDE_vTaskDelete 1

/* The names that boards/runtime/startup.c has for these exceptions. */
#define vPortSVCHandler svc_handler
#define xPortPendSVHandler pendsv_handler
#define xPortSysTickHandler systick_handler

#endif
