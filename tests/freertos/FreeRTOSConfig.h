/* FreeRTOSConfig.h: of the tests. What an image is to try is named on the command line.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#ifndef configTOTAL_HEAP_SIZE
#define configTOTAL_HEAP_SIZE ((size_t)4096)
#endif
#ifndef configUSE_MALLOC_FAILED_HOOK
#define configUSE_MALLOC_FAILED_HOOK 1
#endif
/* As the kernel's ports take it: interrupts of this priority and less urgent ones wait. */
#ifndef configMAX_SYSCALL_INTERRUPT_PRIORITY
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x40
#endif
#ifdef OVER_UCHEAP
#define CAIRN_FREERTOS_HEAP CAIRN_FREERTOS_UCHEAP
#endif

#ifndef NO_ASSERT
#define configASSERT(x) kernel_assert(x)
#endif
void kernel_assert(bool holds);

#ifdef CLEARING
#define configHEAP_CLEAR_MEMORY_ON_FREE 1
#endif
#ifdef TRACED
#define traceMALLOC(pvAddress, uiSize) trace_malloc(pvAddress, uiSize)
#define traceFREE(pvAddress, uiSize) trace_free(pvAddress, uiSize)
#endif
void trace_malloc(const void *p, size_t size);
void trace_free(const void *p, size_t size);

#endif
