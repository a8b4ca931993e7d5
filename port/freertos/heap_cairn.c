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
 * scheduler runs, leaves interrupts masked; vTaskSuspendAll() keeps no handler out. Nothing is copied or
 * cleared with it held, except the control data of ucHeap, once.
 *
 * malloc() has the library's lock, with the same ceiling: this file gives it to cortex-m/ceiling.h. An
 * interrupt above the ceiling never waits for a heap, and one that uses a heap ends in
 * cairn_fatal(CAIRN_ABOVE_CEILING).
 *
 * SPDX-License-Identifier: MIT */

/* The kernel's own name, not a wrapper for unprivileged tasks, is what is defined here. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#include "FreeRTOS.h"
#include "task.h"
#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "heap_cairn.h"

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

/* The lock of the library that is linked:
 * CAIRN_FREERTOS_CEILING  a ceiling, as the kernel's mask has: cortex-m/ceiling.h, or basepri.h with the same
 *                         CAIRN_CEILING. A library with another lock does not link.
 * CAIRN_FREERTOS_PRIMASK  all interrupts wait for malloc(), those above the kernel's ceiling as well: any library.
 *                         The only choice on a core without BASEPRI, where the kernel masks all as well. */
#define CAIRN_FREERTOS_CEILING 1
#define CAIRN_FREERTOS_PRIMASK 2
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB >= 2
#define HAS_BASEPRI 1
#else
#define HAS_BASEPRI 0
#endif
#ifndef CAIRN_FREERTOS_LOCK
#define CAIRN_FREERTOS_LOCK (HAS_BASEPRI ? CAIRN_FREERTOS_CEILING : CAIRN_FREERTOS_PRIMASK)
#endif
#if CAIRN_FREERTOS_LOCK != CAIRN_FREERTOS_PRIMASK && !(HAS_BASEPRI && CAIRN_FREERTOS_LOCK == CAIRN_FREERTOS_CEILING)
#error "CAIRN_FREERTOS_LOCK must be CAIRN_FREERTOS_CEILING (a core with BASEPRI) or CAIRN_FREERTOS_PRIMASK"
#endif

/* 1: cairn_fatal() is here, and fails configASSERT(). 0: it is the library's, or the application's. */
#ifndef CAIRN_FREERTOS_ASSERT
#define CAIRN_FREERTOS_ASSERT 0
#endif
#if CAIRN_FREERTOS_ASSERT && !configASSERT_DEFINED
#error "CAIRN_FREERTOS_ASSERT is 1, and FreeRTOSConfig.h defines no configASSERT()"
#endif

#if (defined(configNUMBER_OF_CORES) && configNUMBER_OF_CORES > 1) || (defined(configNUM_CORES) && configNUM_CORES > 1)
#error "a kernel on several cores: the heap's lock keeps out the interrupts of one only. Use one core, or heap_4.c"
#endif

/* 1: bytes that are given back are cleared first. Not known to kernels before V10.5. */
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif

/* ---- The ceiling ------------------------------------------------------------------------------- */

#if HAS_BASEPRI

#ifdef configMAX_SYSCALL_INTERRUPT_PRIORITY
#define ASKED_CEILING (configMAX_SYSCALL_INTERRUPT_PRIORITY)
#elif defined(configMAX_API_CALL_INTERRUPT_PRIORITY)
#define ASKED_CEILING (configMAX_API_CALL_INTERRUPT_PRIORITY)
#else
#error "FreeRTOSConfig.h defines no configMAX_SYSCALL_INTERRUPT_PRIORITY: from which priority on do interrupts wait?"
#endif

/* BASEPRI and the priorities have only the upper bits: 191 is 0xb0 on a chip with 4. */
#ifdef configPRIO_BITS
#define CEILING (ASKED_CEILING & (0xff00 >> (configPRIO_BITS)) & 0xff)
#elif defined(__NVIC_PRIO_BITS)
#define CEILING (ASKED_CEILING & (0xff00 >> __NVIC_PRIO_BITS) & 0xff)
#else
#define CEILING ASKED_CEILING
_Static_assert((ASKED_CEILING & 0x0f) == 0,
               "configMAX_SYSCALL_INTERRUPT_PRIORITY: not all chips have its lower bits; define configPRIO_BITS");
#endif
_Static_assert(CEILING >= 1 && CEILING <= 255,
               "configMAX_SYSCALL_INTERRUPT_PRIORITY masks nothing: shift the priority left by 8 - configPRIO_BITS");

/* A function without an instruction: only in one can the compiler hand a number to the assembler. */
__attribute__((naked, used)) static void define_ceiling(void)
{
    __asm(".global cairn_ceiling\n\t.set cairn_ceiling, %c0" : : "i"(CEILING));
}

#endif

#if configSUPPORT_DYNAMIC_ALLOCATION == 1

/* By this tools/cairn bound knows that start_heap() is the one below. */
__asm(".global cairn_freertos\n\t.set cairn_freertos, 1");

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

/* Who a block belongs to, where the heap is watched: the caller of the kernel's function. */
#if CAIRN_WATCHED
#define CALLER __builtin_return_address(0)
#else
#define CALLER NULL
#endif

/* All of this is written with the lock held. */
PRIVILEGED_DATA static struct {
    struct cairn_heap *heap;   /* NULL until it is started */
    size_t allocations, frees; /* requests that were served, blocks given back */
    size_t most;               /* bytes that were used, at most */
} kernel;

/* ---- The lock ---------------------------------------------------------------------------------- */

/* An exception runs, of this number. Does the kernel's mask leave it alone? Priorities of system handlers: ARMv7-M
 * ARM, B3.2.11 (SHPR1 to 3); of interrupts: B3.4.9 (NVIC_IPR). NMI and HardFault have fixed ones. */
static bool is_above_ceiling(uint32_t exception)
{
    if (exception < 4u)
        return true;
#if HAS_BASEPRI
    const volatile uint8_t *priorities = (const volatile uint8_t *)(exception < 16u ? 0xE000ED14u : 0xE000E3F0u);
    return priorities[exception] < CEILING;
#else
    return false;
#endif
}

#if CAIRN_FREERTOS_LOCK == CAIRN_FREERTOS_CEILING
extern const char cairn_lock_has_a_ceiling[]; /* port/common/lock.c: only if it has one does this link */
#endif

static _Noreturn __attribute__((noinline, cold)) void refuse(uint32_t exception)
{
#if CAIRN_FREERTOS_LOCK == CAIRN_FREERTOS_CEILING
    __asm volatile("" : : "r"(cairn_lock_has_a_ceiling));
#endif
    cairn_fatal(CAIRN_ABOVE_CEILING, (const void *)(uintptr_t)exception);
}

static inline UBaseType_t lock(void)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    if (exception != 0 && is_above_ceiling(exception))
        refuse(exception);
    return taskENTER_CRITICAL_FROM_ISR();
}

static inline void unlock(UBaseType_t state)
{
    taskEXIT_CRITICAL_FROM_ISR(state);
}

/* ---- The heap, one of two -------------------------------------------------------------------- */

#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM

/* The compiler must not know that the block is not used. */
__attribute__((noinline, cold)) static void start_heap(void)
{
    void *volatile p = malloc(1);
    free(p);
    kernel.heap = cairn_system();
}

#if CAIRN_WATCHED
#define heap_take(caller, size) cairn_malloc_for(caller, size)
#define heap_give(caller, p) cairn_free_for(caller, p)
#define heap_resize(caller, p, size) cairn_realloc_for(caller, p, size)
#else
#define heap_take(caller, size) ((void)(caller), malloc(size))
#define heap_give(caller, p) ((void)(caller), free(p))
#define heap_resize(caller, p, size) ((void)(caller), realloc(p, size))
#endif

static inline size_t usable_size(void *p)
{
    return malloc_usable_size(p);
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

PRIVILEGED_DATA static const char *first_block; /* where the lowest block begins */

/* The control data, 1/32 of ucHeap, is cleared with the lock held, once: a task that came in between
 * would have to wait for whom it has interrupted. */
__attribute__((noinline, cold)) static void start_heap(void)
{
    UBaseType_t state = lock();
    if (kernel.heap == NULL) {
        kernel.heap = cairn_init(ucHeap, configTOTAL_HEAP_SIZE);
        void *p = cairn_malloc(kernel.heap, 0);
        cairn_free(kernel.heap, p);
        first_block = p;
    }
    unlock(state);
}

#if CAIRN_CHECK == 2
#define heap_take(caller, size) cairn_private_malloc_for(caller, kernel.heap, size)
#define heap_give(caller, p) cairn_private_free_for(caller, kernel.heap, p)
#define heap_resize(caller, p, size) cairn_private_realloc_for(caller, kernel.heap, p, size)
#else
#define heap_take(caller, size) ((void)(caller), cairn_malloc(kernel.heap, size))
#define heap_give(caller, p) ((void)(caller), cairn_free(kernel.heap, p))
#define heap_resize(caller, p, size) ((void)(caller), cairn_realloc(kernel.heap, p, size))
#endif

static size_t usable_size(void *p)
{
    UBaseType_t state = lock();
    size_t size = cairn_usable_size(kernel.heap, p);
    unlock(state);
    return size;
}

#endif

static inline void start(void)
{
    if (kernel.heap == NULL)
        start_heap();
}

struct cairn_heap *cairn_freertos_heap(void)
{
#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM
    return cairn_system(); /* malloc() may have started it */
#else
    return kernel.heap;
#endif
}

#if CAIRN_REGIONS && CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM

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

/* With the lock held: bytes that are used, and that are free, in the heap and its regions. */
static inline size_t used_bytes(void)
{
    size_t bytes = kernel.heap != NULL ? cairn_used_bytes(kernel.heap) : 0;
    for (uint32_t n = 0; region(n) != NULL; n++)
        bytes += cairn_used_bytes(region(n));
    return bytes;
}

static inline size_t free_bytes(void)
{
    size_t bytes = kernel.heap != NULL ? cairn_free_bytes(kernel.heap) : 0;
    for (uint32_t n = 0; region(n) != NULL; n++)
        bytes += cairn_free_bytes(region(n));
    return bytes;
}

/* With the lock held: remember the most that was used. */
static inline void note(void)
{
    size_t used = used_bytes();
    if (used > kernel.most)
        kernel.most = used;
}

/* With the lock held: what was free when the most was used. */
static size_t least_free(void)
{
    note();
    return free_bytes() - (kernel.most - used_bytes());
}

#if CAIRN_REGIONS && CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM

/* Bytes for blocks. */
static size_t all_bytes(void)
{
    UBaseType_t state = lock();
    size_t bytes = used_bytes() + free_bytes();
    unlock(state);
    return bytes;
}

static void raise_most(size_t bytes)
{
    UBaseType_t state = lock();
    note();
    kernel.most += bytes;
    unlock(state);
}

/* heap_5's way to give the kernel several ranges of RAM: regions, closed by one of size 0, for the system
 * heap, with no attributes. One that cannot be added fails configASSERT(); cairn_add_region() tells why.
 * Ends are rounded inwards. Any order will do, and any time in a thread. The minimum of free bytes stays as it was.
 * (A region that the application adds by cairn_add_region() counts as free from the beginning.) */
void vPortDefineHeapRegions(const HeapRegion_t *const regions)
{
    for (const HeapRegion_t *region = regions; region->xSizeInBytes != 0; region++) {
        uintptr_t start = ((uintptr_t)region->pucStartAddress + CAIRN_GRANULE - 1u) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
        uintptr_t end = ((uintptr_t)region->pucStartAddress + region->xSizeInBytes) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
        size_t before = all_bytes();
        enum cairn_region_error error = cairn_add_region((void *)start, end - start, 0);
        (void)error;
        configASSERT(error == CAIRN_REGION_ADDED);
        raise_most(all_bytes() - before);
    }
}

#endif

/* ---- A survey of all blocks -------------------------------------------------------------------- */

/* What a walk has seen. */
struct seen {
    size_t used, free; /* bytes */
    size_t blocks, largest, smallest;
};

static void see_free(struct seen *seen, size_t size)
{
    seen->free += size;
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
    if (kind == CAIRN_FREE)
        see_free(seen, size);
    else
        seen->used += size;
    return true;
}

/* See the blocks of one heap, and what is above the last one. Returns whether the heap's own sums agree. */
static bool see_heap(struct seen *seen, struct cairn_heap *one)
{
    struct cairn_stats stats;
    size_t used_before = seen->used, free_before = seen->free;
    cairn_walk(one, see, seen);
    UBaseType_t state = lock();
    cairn_stats(one, &stats);
    unlock(state);
    bool same = seen->used - used_before == stats.used && seen->free - free_before == stats.free;
    if (stats.can_grow != 0)
        see_free(seen, stats.can_grow);
    return same;
}

/* What the kernel's structure can be given without a walk, as of one moment. */
static void count(HeapStats_t *figures)
{
    UBaseType_t state = lock();
    figures->xAvailableHeapSpaceInBytes = free_bytes();
    figures->xMinimumEverFreeBytesRemaining = least_free();
    figures->xNumberOfSuccessfulAllocations = kernel.allocations;
    figures->xNumberOfSuccessfulFrees = kernel.frees;
    unlock(state);
}

/* One walk, with the counts before and after it. Returns whether all are of the same heap: a task or a handler may
 * have changed it meanwhile. */
static bool survey(struct seen *seen, HeapStats_t *figures)
{
    HeapStats_t before;
    count(&before);
    *seen = (struct seen){.smallest = SIZE_MAX};
    bool same = kernel.heap == NULL || see_heap(seen, kernel.heap);
    for (uint32_t n = 0; region(n) != NULL; n++)
        same = see_heap(seen, region(n)) && same;
    count(figures);
    return same && seen->free == figures->xAvailableHeapSpaceInBytes &&
           before.xNumberOfSuccessfulAllocations == figures->xNumberOfSuccessfulAllocations &&
           before.xNumberOfSuccessfulFrees == figures->xNumberOfSuccessfulFrees;
}

/* ---- Taking and giving back ------------------------------------------------------------------ */

/* A block of `size` bytes for `caller`, which counts as `requests` allocations; or NULL. Over the system heap malloc()
 * has its own lock.
 *
 * What is used is noted where it is most: before each block that is given back, and when it is asked for. Over the
 * system heap, where other code takes and frees, it is noted after each request as well. */
static void *take(const void *caller, size_t size, size_t requests)
{
    start();
#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM
    void *p = heap_take(caller, size);
    UBaseType_t state = lock();
    note();
#else
    UBaseType_t state = lock();
    void *p = heap_take(caller, size);
#endif
    if (p != NULL)
        kernel.allocations += requests;
    unlock(state);
    return p;
}

/* Over the system heap free() has its own lock. */
static void give(const void *caller, void *p, size_t requests)
{
    if (configHEAP_CLEAR_MEMORY_ON_FREE == 1)
        memset(p, 0, usable_size(p));
    UBaseType_t state = lock();
    note();
    kernel.frees += requests;
#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_SYSTEM
    unlock(state);
    heap_give(caller, p);
#else
    heap_give(caller, p);
    unlock(state);
#endif
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
static void *resize(const void *caller, void *p, size_t size)
{
    UBaseType_t state = lock();
    note();
    unlock(state);
    void *moved = heap_resize(caller, p, size);
    state = lock();
    note();
    unlock(state);
    return moved;
}
#else

/* With the lock held: is a block of `old` bytes resized without copying? It is cut in place; over
 * ucHeap, the last one grows in place. */
static bool resizes_in_place(const char *p, size_t old, size_t size)
{
#if CAIRN_FREERTOS_HEAP == CAIRN_FREERTOS_UCHEAP
    struct cairn_stats stats;
    cairn_stats(kernel.heap, &stats);
    if (size > old && p + old == first_block + stats.used + stats.free)
        return size - old <= stats.can_grow;
#else
    (void)p;
#endif
    return size <= old;
}

static void *resize(const void *caller, void *p, size_t size)
{
    size_t old = usable_size(p);
    if (configHEAP_CLEAR_MEMORY_ON_FREE == 1 && size < old)
        memset((char *)p + size, 0, old - size);
    UBaseType_t state = lock();
    note();
    void *moved = resizes_in_place(p, old, size) ? heap_resize(caller, p, size) : NULL;
    note();
    unlock(state);
    if (moved != NULL)
        return moved;
    moved = take(caller, size, 0);
    if (moved == NULL)
        return NULL;
    memcpy(moved, p, old); /* it grows: what does not is cut in place */
    give(caller, p, 0);
    return moved;
}
#endif

/* Allocate for `caller`, as pvPortMalloc(). */
static inline void *allocate(const void *caller, size_t size)
{
    return end_request(take(caller, size, 1), size);
}

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
    return allocate(CALLER, size);
}

/* Free the block at `p`; NULL does nothing.
 * Time     O(1); with configHEAP_CLEAR_MEMORY_ON_FREE 1, and clearing the block.
 * Misuse   a pointer that is not a live block of this heap ends in cairn_fatal(). */
void vPortFree(void *p)
{
    if (p == NULL)
        return;
    traceFREE(p, usable_size(p));
    give(CALLER, p, 1);
}

/* As pvPortMalloc(), for `count` * `size` bytes, all zero. A product that overflows is refused as
 * any other request, with the hook. (heap_4.c: without.) */
void *pvPortCalloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    void *p = allocate(CALLER, bytes);
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
        return allocate(CALLER, size);
    traceFREE(p, usable_size(p));
    void *moved = resize(CALLER, p, size);
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
    start();
    UBaseType_t state = lock();
    size_t bytes = free_bytes();
    unlock(state);
    return bytes;
}

/* The smallest number of bytes that were ever free, or since the last
 * xPortResetHeapMinimumEverFreeHeapSize(). Over the system heap, what malloc() and its like take
 * counts as soon as a function of this file is called; and while realloc() moves a block, only one
 * copy of it.
 * Time     O(1). */
size_t xPortGetMinimumEverFreeHeapSize(void)
{
    start();
    UBaseType_t state = lock();
    size_t bytes = least_free();
    unlock(state);
    return bytes;
}

/* The minimum is what is free now.
 * Time     O(1). */
void xPortResetHeapMinimumEverFreeHeapSize(void)
{
    start();
    UBaseType_t state = lock();
    kernel.most = used_bytes();
    unlock(state);
}

enum { WALKS = 4 }; /* until the walk and the totals agree */

/* Fill `figures`. The memory above the last block is a free block. Where nothing is free, the largest
 * block has 0 bytes and the smallest SIZE_MAX, as in heap_4.c. Allocations and frees are requests of
 * the caller's: a block that pvPortRealloc() resizes counts as neither.
 *
 * Time     proportional to the heap, with the scheduler running and interrupts live; they are masked for a
 *          bounded time. (heap_4.c suspends the scheduler.) The walk reads the map alone, and believes nothing:
 *          a task or a handler that allocates meanwhile does no harm. Blocks are then counted once more, WALKS
 *          times at most. If the others never rest, the three figures of free blocks may be of different moments;
 *          the other four are always of one.
 * Context  thread. */
void vPortGetHeapStats(HeapStats_t *figures)
{
    struct seen seen;
    start();
    for (int i = 0; i < WALKS; i++)
        if (survey(&seen, figures))
            break;
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
    UBaseType_t state = lock();
    kernel.heap = NULL;
    kernel.allocations = 0;
    kernel.frees = 0;
    kernel.most = 0;
    unlock(state);
}

#endif /* configSUPPORT_DYNAMIC_ALLOCATION */

/* ---- Misuse ------------------------------------------------------------------------------------ */

#if CAIRN_FREERTOS_ASSERT

volatile struct cairn_failure cairn_failure;
#if CAIRN_CHECK == 2
struct cairn_report cairn_damage;
#endif

/* The reason is where the library's own leaves it, for a debugger, before the assertion fails. */
_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    cairn_failure.reason = reason;
    cairn_failure.address = address;
#if CAIRN_CHECK == 2
    cairn_explain(reason, address, &cairn_damage);
#endif
    configASSERT(reason == 0);
    for (;;)
        ;
}

#endif
