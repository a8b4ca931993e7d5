/* heap_cairn.c: the FreeRTOS heap over Cairn. Compile it in the place of heap_4.c, and link libcairn.a.
 *
 * For the headers of kernels V10.4 to V11, as they are. A comment above each function says what it does, and
 * where heap_4.c does otherwise. All but vPortGetHeapStats() and vPortHeapResetState() may be called
 * from threads, before the scheduler is started, and from interrupt handlers that may call the
 * kernel's FromISR functions.
 *
 * The lock is the kernel's interrupt mask: taskENTER_CRITICAL_FROM_ISR() keeps its state in the caller
 * and so nests, works in handlers and before the scheduler runs, and leaves the interrupts above
 * configMAX_SYSCALL_INTERRUPT_PRIORITY alone. taskENTER_CRITICAL() is not for handlers and, before the
 * scheduler runs, leaves interrupts masked; vTaskSuspendAll() keeps no handler out. Nothing is copied or cleared with it held. Inside it, the system heap takes its own; a handler above
 * the ceiling that calls malloc() harms nothing, but figures may then be a block off.
 *
 * SPDX-License-Identifier: MIT */

/* The kernel's own name, not a wrapper for unprivileged tasks, is what is defined here. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#include "FreeRTOS.h"
#include "task.h"
#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "cairn.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Options: in FreeRTOSConfig.h, or with -D ------------------------------------------------ */

/* What the kernel's memory comes from:
 * CAIRN_FREERTOS_SYSTEM  the system heap, the one behind malloc(): all free RAM serves all;
 * CAIRN_FREERTOS_UCHEAP  a private heap in ucHeap[configTOTAL_HEAP_SIZE]: malloc() cannot take the
 *                        kernel's memory, nor the kernel malloc()'s. With
 *                        configAPPLICATION_ALLOCATED_HEAP 1 the application defines ucHeap. */
#define CAIRN_FREERTOS_SYSTEM 1
#define CAIRN_FREERTOS_UCHEAP 2
#ifndef CAIRN_FREERTOS_HEAP
#define CAIRN_FREERTOS_HEAP CAIRN_FREERTOS_SYSTEM
#endif

#if CAIRN_FREERTOS_HEAP != CAIRN_FREERTOS_SYSTEM && CAIRN_FREERTOS_HEAP != CAIRN_FREERTOS_UCHEAP
#error "CAIRN_FREERTOS_HEAP must be CAIRN_FREERTOS_SYSTEM (malloc's heap) or CAIRN_FREERTOS_UCHEAP (a heap in ucHeap)"
#endif

#if configSUPPORT_DYNAMIC_ALLOCATION == 0
#error "configSUPPORT_DYNAMIC_ALLOCATION is 0: leave heap_cairn.c out of the build"
#endif

/* 1: bytes that are given back are cleared first. Not known to kernels before V10.5. */
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif

_Static_assert(CAIRN_GRANULE % portBYTE_ALIGNMENT == 0,
               "portBYTE_ALIGNMENT: larger than CAIRN_GRANULE; build Cairn with CAIRN_INDEX_BITS=32 for 16");

/* Not in every kernel's portable.h, or in none. */
void *pvPortCalloc(size_t count, size_t size) PRIVILEGED_FUNCTION;
void *pvPortRealloc(void *p, size_t size) PRIVILEGED_FUNCTION;
void xPortResetHeapMinimumEverFreeHeapSize(void) PRIVILEGED_FUNCTION;
void vPortHeapResetState(void) PRIVILEGED_FUNCTION;
#if configUSE_MALLOC_FAILED_HOOK == 1
void vApplicationMallocFailedHook(void);
#endif

/* All of this is read and written with the lock held. */
PRIVILEGED_DATA static size_t allocations, frees; /* requests that were served, blocks given back */
PRIVILEGED_DATA static size_t least = SIZE_MAX;   /* fewest free bytes seen; SIZE_MAX: not yet looked */

/* ---- The heap, one of two -------------------------------------------------------------------- */

#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM

static struct cairn_heap *heap(void)
{
    return cairn_system();
}

/* It would start itself, but in the lock. The compiler must not know that the block is not used. */
static void start(void)
{
    if (heap() == NULL) {
        void *volatile p = malloc(1);
        free(p);
    }
}

static void *heap_take(size_t size)
{
    return malloc(size);
}

static void heap_give(void *p)
{
    free(p);
}

static void *heap_resize(void *p, size_t size)
{
    return realloc(p, size);
}

static inline size_t usable_size(void *p)
{
    return malloc_usable_size(p);
}

static void forget(void)
{
}

#else

_Static_assert((configTOTAL_HEAP_SIZE) >= 256, "configTOTAL_HEAP_SIZE: too small for a heap");
_Static_assert(
    CAIRN_INDEX_BITS == 32 || (configTOTAL_HEAP_SIZE) <= 0x10000 * CAIRN_GRANULE,
    "configTOTAL_HEAP_SIZE: above 512 KiB, build Cairn with CAIRN_GRANULE=16 (up to 1 MiB) or CAIRN_INDEX_BITS=32");

#if configAPPLICATION_ALLOCATED_HEAP == 1
extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#else
PRIVILEGED_DATA static uint8_t ucHeap[configTOTAL_HEAP_SIZE] __attribute__((aligned(CAIRN_GRANULE)));
#endif

PRIVILEGED_DATA static struct cairn_heap *own_heap;
PRIVILEGED_DATA static const char *first_block; /* where the lowest block begins */

static struct cairn_heap *heap(void)
{
    return own_heap;
}

/* The control data, 1/32 of ucHeap, is cleared with the lock held, once: a task that came in between
 * would have to wait for whom it has interrupted. */
static void start(void)
{
    if (own_heap != NULL)
        return;
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    if (own_heap == NULL) {
        own_heap = cairn_init(ucHeap, configTOTAL_HEAP_SIZE);
        void *p = cairn_malloc(own_heap, 0);
        cairn_free(own_heap, p);
        first_block = p;
    }
    taskEXIT_CRITICAL_FROM_ISR(state);
}

static void *heap_take(size_t size)
{
    return cairn_malloc(own_heap, size);
}

static void heap_give(void *p)
{
    cairn_free(own_heap, p);
}

static void *heap_resize(void *p, size_t size)
{
    return cairn_realloc(own_heap, p, size);
}

static size_t usable_size(void *p)
{
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    size_t size = cairn_usable_size(own_heap, p);
    taskEXIT_CRITICAL_FROM_ISR(state);
    return size;
}

static void forget(void)
{
    own_heap = NULL;
}

#endif

#if CAIRN_REGIONS && CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM

/* heap_5's way to give the kernel several ranges of RAM: regions, closed by one of size 0, for the system
 * heap, with no attributes. One that cannot be added fails configASSERT(); cairn_add_region() tells why.
 * Ends are rounded inwards. Any order will do, and any time in a thread. */
void vPortDefineHeapRegions(const HeapRegion_t *const regions)
{
    for (const HeapRegion_t *region = regions; region->xSizeInBytes != 0; region++) {
        uintptr_t start = ((uintptr_t)region->pucStartAddress + CAIRN_GRANULE - 1u) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
        uintptr_t end = ((uintptr_t)region->pucStartAddress + region->xSizeInBytes) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
        enum cairn_region_error error = cairn_add_region((void *)start, end - start, 0);
        (void)error;
        configASSERT(error == CAIRN_REGION_ADDED);
    }
}

static struct cairn_heap *region(uint32_t n)
{
    return cairn_region(n, NULL);
}

#else

static struct cairn_heap *region(uint32_t n)
{
    (void)n;
    return NULL;
}

#endif

/* ---- Figures --------------------------------------------------------------------------------- */

static void add_figures(struct cairn_stats *sum, struct cairn_heap *one)
{
    struct cairn_stats stats;
    cairn_stats(one, &stats);
    sum->used += stats.used;
    sum->free += stats.free;
    sum->can_grow += stats.can_grow;
}

/* With the lock held: bytes that are used, free and above the last block, of the heap and of its regions,
 * all 0 if there is none. Returns the bytes that are free, in free blocks and above the last one. */
static size_t look(struct cairn_stats *stats)
{
    *stats = (struct cairn_stats){0};
    if (heap() != NULL)
        add_figures(stats, heap());
    for (uint32_t n = 0; region(n) != NULL; n++)
        add_figures(stats, region(n));
    size_t bytes = stats->free + stats->can_grow;
    if (bytes < least)
        least = bytes;
    return bytes;
}

/* What a walk has seen. */
struct seen {
    size_t used, free; /* bytes */
    size_t blocks, largest, smallest;
};

static void see_free(struct seen *seen, size_t size)
{
    seen->blocks++;
    if (size > seen->largest)
        seen->largest = size;
    if (size < seen->smallest)
        seen->smallest = size;
}

static bool see(void *context, void *block, size_t size, enum cairn_kind kind)
{
    struct seen *seen = context;
    (void)block;
    if (kind != CAIRN_FREE) {
        seen->used += size;
        return true;
    }
    seen->free += size;
    see_free(seen, size);
    return true;
}

/* See the blocks of one heap, and what is above the last one. */
static void see_heap(struct seen *seen, struct cairn_heap *one)
{
    struct cairn_stats stats;
    cairn_walk(one, see, seen);
    cairn_stats(one, &stats);
    if (stats.can_grow != 0)
        see_free(seen, stats.can_grow);
}

/* One walk; and then what the kernel's structure can be given without one. Returns whether both are
 * of the same heap: a handler may have changed it meanwhile. */
static bool survey(struct seen *seen, HeapStats_t *figures)
{
    struct cairn_stats stats;
    *seen = (struct seen){.smallest = SIZE_MAX};
    if (heap() != NULL)
        see_heap(seen, heap());
    for (uint32_t n = 0; region(n) != NULL; n++)
        see_heap(seen, region(n));
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    figures->xAvailableHeapSpaceInBytes = look(&stats);
    figures->xMinimumEverFreeBytesRemaining = least;
    figures->xNumberOfSuccessfulAllocations = allocations;
    figures->xNumberOfSuccessfulFrees = frees;
    taskEXIT_CRITICAL_FROM_ISR(state);
    return seen->used == stats.used && seen->free == stats.free;
}

/* ---- Taking and giving back ------------------------------------------------------------------ */

/* A block of `size` bytes, which counts as `count` allocations; or NULL. */
static void *take(size_t size, size_t count)
{
    struct cairn_stats stats;
    start();
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    void *p = heap_take(size);
    if (p != NULL)
        allocations += count;
    look(&stats);
    taskEXIT_CRITICAL_FROM_ISR(state);
    return p;
}

static void give(void *p, size_t count)
{
    if (configHEAP_CLEAR_MEMORY_ON_FREE == 1)
        memset(p, 0, usable_size(p));
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    heap_give(p);
    frees += count;
    taskEXIT_CRITICAL_FROM_ISR(state);
}

/* The end of every request: `p` for `size` bytes, or NULL. Traced without the lock, and in the right
 * order all the same: a block is its owner's from before it is traced as taken until after it is
 * traced as freed. */
static void *end_request(void *p, size_t size)
{
    (void)size;
    traceMALLOC(p, p != NULL ? usable_size(p) : size);
#if configUSE_MALLOC_FAILED_HOOK == 1
    if (p == NULL)
        vApplicationMallocFailedHook();
#endif
    return p;
}

/* realloc() holds no lock while it copies, but it clears nothing that it frees. */
#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM && configHEAP_CLEAR_MEMORY_ON_FREE != 1
static void *resize(void *p, size_t size)
{
    struct cairn_stats stats;
    void *moved = heap_resize(p, size);
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    look(&stats);
    taskEXIT_CRITICAL_FROM_ISR(state);
    return moved;
}
#else

/* With the lock held: is a block of `old` bytes resized without copying? It is cut in place; over
 * ucHeap, the last one grows in place. */
static bool resizes_in_place(const char *p, size_t old, size_t size)
{
#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_UCHEAP
    struct cairn_stats stats;
    look(&stats);
    if (size > old && p + old == first_block + stats.used + stats.free)
        return size - old <= stats.can_grow;
#else
    (void)p;
#endif
    return size <= old;
}

static void *resize(void *p, size_t size)
{
    struct cairn_stats stats;
    size_t old = usable_size(p);
    if (configHEAP_CLEAR_MEMORY_ON_FREE == 1 && size < old)
        memset((char *)p + size, 0, old - size);
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    void *moved = resizes_in_place(p, old, size) ? heap_resize(p, size) : NULL;
    look(&stats);
    taskEXIT_CRITICAL_FROM_ISR(state);
    if (moved != NULL)
        return moved;
    moved = take(size, 0);
    if (moved == NULL)
        return NULL;
    memcpy(moved, p, old); /* it grows: what does not is cut in place */
    give(p, 0);
    return moved;
}
#endif

/* ---- The kernel's names ---------------------------------------------------------------------- */

/* Allocate `size` bytes.
 *
 * Returns  memory aligned to portBYTE_ALIGNMENT, contents undefined; or NULL, after
 *          vApplicationMallocFailedHook() if configUSE_MALLOC_FAILED_HOOK is 1. The hook runs in the
 *          caller's context, without the lock. 0 bytes give a unique pointer that can be freed, and
 *          no hook: NULL means one thing: there is no memory. (heap_4.c: NULL, and the hook.)
 * Time     O(1); the first call starts the heap, see vPortInitialiseBlocks().
 * Misuse   a free block that was overwritten ends in cairn_fatal(). */
void *pvPortMalloc(size_t size)
{
    return end_request(take(size, 1), size);
}

/* Free the block at `p`; NULL does nothing.
 * Time     O(1); with configHEAP_CLEAR_MEMORY_ON_FREE 1, and clearing the block.
 * Misuse   a pointer that is not a live block of this heap ends in cairn_fatal(). */
void vPortFree(void *p)
{
    if (p == NULL)
        return;
    traceFREE(p, usable_size(p));
    give(p, 1);
}

/* As pvPortMalloc(), for `count` * `size` bytes, all zero. A product that overflows is refused as
 * any other request, with the hook. (heap_4.c: without.) */
void *pvPortCalloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    void *p = pvPortMalloc(bytes);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

/* Make the block at `p` `size` bytes large, where it is or elsewhere. No header of the kernel's
 * declares it.
 *
 * Returns  the block, with the old contents up to the smaller size; or NULL, as pvPortMalloc(), with
 *          the old block as it was. `p` NULL is pvPortMalloc(). Size 0 gives the smallest block, and
 *          never NULL.
 *          Over ucHeap a block grows in place if it is the last one; any other one is moved, and is
 *          refused if there is no second place for it.
 * Time     O(1), and moving the old contents if the block moves.
 * Misuse   as vPortFree(). */
void *pvPortRealloc(void *p, size_t size)
{
    if (p == NULL)
        return pvPortMalloc(size);
    traceFREE(p, usable_size(p));
    void *moved = resize(p, size);
    if (moved == NULL) {
        traceMALLOC(p, usable_size(p)); /* it was not freed after all */
    }
    return end_request(moved, size);
}

/* Bytes that are free: all of them, not those of the largest block. Right from the beginning.
 * (heap_4.c: 0 before the first request.)
 * Time     O(1). */
size_t xPortGetFreeHeapSize(void)
{
    struct cairn_stats stats;
    start();
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    size_t bytes = look(&stats);
    taskEXIT_CRITICAL_FROM_ISR(state);
    return bytes;
}

/* The smallest number of bytes that were ever free, or since the last
 * xPortResetHeapMinimumEverFreeHeapSize(). Over the system heap, what malloc() and its like take
 * counts as soon as a function of this file is called; and while realloc() moves a block, only one
 * copy of it.
 * Time     O(1). */
size_t xPortGetMinimumEverFreeHeapSize(void)
{
    struct cairn_stats stats;
    start();
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    look(&stats);
    size_t bytes = least;
    taskEXIT_CRITICAL_FROM_ISR(state);
    return bytes;
}

/* The minimum is what is free now.
 * Time     O(1). */
void xPortResetHeapMinimumEverFreeHeapSize(void)
{
    struct cairn_stats stats;
    start();
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    least = SIZE_MAX;
    look(&stats);
    taskEXIT_CRITICAL_FROM_ISR(state);
}

enum { WALKS = 4 }; /* until the walk and the totals agree */

/* Fill `figures`. The memory above the last block is a free block. Where nothing is free, the largest
 * block has 0 bytes and the smallest SIZE_MAX, as in heap_4.c. Allocations and frees are requests of
 * the caller's: a block that pvPortRealloc() resizes counts as neither.
 *
 * Time     proportional to the heap, with the scheduler suspended and interrupts live. A handler that
 *          allocates meanwhile does no harm: blocks are then counted once more, WALKS times at most.
 *          If it never rests, those three figures may be of different moments.
 * Context  thread. */
void vPortGetHeapStats(HeapStats_t *figures)
{
    struct seen seen;
    start();
    vTaskSuspendAll();
    for (int i = 0; i < WALKS; i++)
        if (survey(&seen, figures))
            break;
    (void)xTaskResumeAll();
    figures->xSizeOfLargestFreeBlockInBytes = seen.largest;
    figures->xSizeOfSmallestFreeBlockInBytes = seen.smallest;
    figures->xNumberOfFreeBlocks = seen.blocks;
}

/* Start the heap, which the first request does otherwise. Nothing if it is started.
 * Time     proportional to the control data, which is cleared: 1/32 of the heap. Over ucHeap with the
 *          lock held: call this before interrupts matter. */
void vPortInitialiseBlocks(void)
{
    start();
}

/* Begin again, before the scheduler is started once more: counters and minimum are as at first. Over
 * ucHeap all blocks are gone; in the system heap, where others have theirs, they stay.
 * Context  thread, with the scheduler ended. */
void vPortHeapResetState(void)
{
    UBaseType_t state = taskENTER_CRITICAL_FROM_ISR();
    forget();
    allocations = 0;
    frees = 0;
    least = SIZE_MAX;
    taskEXIT_CRITICAL_FROM_ISR(state);
}
