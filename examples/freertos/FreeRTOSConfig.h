/* FreeRTOSConfig.h: what concerns the heap. A project adds its other settings.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configUSE_MALLOC_FAILED_HOOK 1

/* The heap: malloc's own, all RAM that is left. Or, to keep the two apart, one in ucHeap: */
/* #define CAIRN_FREERTOS_HEAP CAIRN_FREERTOS_UCHEAP */
/* #define configTOTAL_HEAP_SIZE (8 * 1024) */

#endif
