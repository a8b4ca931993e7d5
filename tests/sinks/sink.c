/* sink.c: a carrier of extras/ over a stand-in of its tool's interface: prints what that is told of five records. SINK is
 * the carrier's number.
 *
 * SPDX-License-Identifier: MIT */
#include "SEGGER_RTT.h"
#include "SEGGER_SYSVIEW.h"
#include "cairn.h"
#include "memfault/core/heap_stats.h"
#include "port.h"
#include "trcRecorder.h"

#include <stdarg.h>
#include <stdio.h>

static int held;

uint32_t port_lock(void)
{
    return (uint32_t)held++;
}

void port_unlock(uint32_t state)
{
    held = (int)state;
}

struct cairn_heap *cairn_system(void)
{
    return (struct cairn_heap *)0x1000;
}

static unsigned long number(const void *p)
{
    return (unsigned long)(uintptr_t)p;
}

unsigned SEGGER_RTT_WriteSkipNoLock(unsigned channel, const void *bytes, unsigned size)
{
    printf("rtt %u%s:", channel, held == 1 ? "" : " unlocked");
    for (unsigned i = 0; i < size; i++)
        printf(" %02x", ((const unsigned char *)bytes)[i]);
    printf("\n");
    return 1;
}

void SEGGER_SYSVIEW_HeapAlloc(void *heap, void *block, unsigned int size)
{
    printf("sysview %lx alloc %lx %u\n", number(heap), number(block), size);
}

void SEGGER_SYSVIEW_HeapFree(void *heap, void *block)
{
    printf("sysview %lx free %lx\n", number(heap), number(block));
}

int xTraceStringRegister(const char *name, TraceStringHandle_t *channel)
{
    *channel = 5;
    printf("register %s\n", name);
    return 0;
}

int xTracePrintF(TraceStringHandle_t channel, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    printf("channel %lu: ", (unsigned long)channel);
    vprintf(format, list);
    printf("\n");
    va_end(list);
    return 0;
}

void memfault_heap_stats_malloc(const void *caller, const void *block, size_t size)
{
    printf("memfault %lx malloc %lx %lu\n", number(caller), number(block), (unsigned long)size);
}

void memfault_heap_stats_free(const void *block)
{
    printf("memfault free %lx\n", number(block));
}

/* malloc, realloc that moves, refused malloc, free with a context of two calls. */
int main(void)
{
    static const uintptr_t served[] = {0x000, 0x201, 0x2000, 20}, moved[] = {0x103, 0x203, 0x2000, 40, 0x2040},
                           refused[] = {0x200, 0x205, 0, 9000},
                           freed[] = {6 | 3 << 3, 0x211, 0x221, 0x0803, 0x304, 0x207, 0x2040};
    cairn_trace(served, 4);
    cairn_trace(moved, 5);
    cairn_trace(refused, 4);
    cairn_trace(freed, 7);
    return 0;
}
