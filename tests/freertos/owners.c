/* The owner of a block is the caller of the kernel's function, where the heap is watched: for CAIRN_SITES, or for the
 * reports of CAIRN_CHECK=2.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "freertos/heap_cairn.h"
#include "tap.h"

void *pvPortCalloc(size_t count, size_t size);
void vApplicationMallocFailedHook(void);

void vApplicationMallocFailedHook(void)
{
}

/* Each returns behind its request: no tail call. */
static __attribute__((noinline)) void *by_malloc(void)
{
    return launder(pvPortMalloc(37));
}

static __attribute__((noinline)) void *by_calloc(void)
{
    return launder(pvPortCalloc(1, 37));
}

static __attribute__((noinline)) void *by_realloc(void)
{
    return launder(pvPortRealloc(NULL, 37));
}

static void *small;

static __attribute__((noinline)) void *by_resizing(void)
{
    return launder(pvPortRealloc(small, 37));
}

/* Who owns the block of 37 bytes at `p`. */
#if CAIRN_CHECK == 2
static const void *owner_of(char *p)
{
    struct cairn_report report;
    char after = p[37];
    p[37] = 0;
    cairn_explain(CAIRN_OVERRUN, p + 37, &report);
    p[37] = after;
    CHECK(report.damaged.start == p && report.damaged.size == 37);
    return report.damaged.owner;
}
#else
static const void *owner_of(char *p)
{
    struct cairn_site site;
    (void)p;
    for (uint32_t n = 0; cairn_read_site(n, &site); n++)
        if (site.bytes == 37)
            return site.caller;
    return NULL;
}
#endif

static void check_owner(void *(*request)(void))
{
    small = launder(pvPortMalloc(8));
    char *p = request();
    uintptr_t after = (uintptr_t)owner_of(p) - (uintptr_t)request;
    CHECK(after > 0 && after < 100);
    vPortFree(p);
    if (request != by_resizing)
        vPortFree(small);
}

static void a_block_belongs_to_the_caller_of_pvportmalloc(void)
{
    check_owner(by_malloc);
}

static void a_block_belongs_to_the_caller_of_pvportcalloc(void)
{
    check_owner(by_calloc);
}

static void a_block_belongs_to_the_caller_of_pvportrealloc(void)
{
    check_owner(by_realloc);
    check_owner(by_resizing);
    CHECK(sound(cairn_freertos_heap()));
}

TAP_MAIN(TEST(a_block_belongs_to_the_caller_of_pvportmalloc), TEST(a_block_belongs_to_the_caller_of_pvportcalloc),
         TEST(a_block_belongs_to_the_caller_of_pvportrealloc))
