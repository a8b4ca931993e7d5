/* FreeRTOSConfig.h: of the tests. What an image is to try is named on the command line.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#define configTOTAL_HEAP_SIZE ((size_t)4096)
#ifndef configUSE_MALLOC_FAILED_HOOK
#define configUSE_MALLOC_FAILED_HOOK 1
#endif
#ifdef OVER_UCHEAP
#define CAIRN_FREERTOS_HEAP CAIRN_FREERTOS_UCHEAP
#endif

#define configASSERT(x) kernel_assert(x)
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
