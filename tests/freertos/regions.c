/* The FreeRTOS heap over several ranges of RAM, given as heap_5 takes them.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "kernel.h"
#include "tap.h"

void vApplicationMallocFailedHook(void);

enum { SIZE = 768, ROOM = 1024 };
static _Alignas(8) uint8_t first[SIZE], second[SIZE];

void vApplicationMallocFailedHook(void)
{
}

static bool within(const void *p, const uint8_t *memory)
{
    return (uintptr_t)p - (uintptr_t)memory < SIZE;
}

static void defined_regions_are_free_memory(void)
{
    CHECK(keep_room(ROOM) != NULL);
    size_t before = xPortGetFreeHeapSize();
    vPortFree(launder(pvPortMalloc(320)));
    CHECK(xPortGetMinimumEverFreeHeapSize() == before - 320);
    const HeapRegion_t regions[] = {{first, SIZE}, {second + 1, SIZE - 1}, {NULL, 0}}; /* one off the granules */
    vPortDefineHeapRegions(regions);
    size_t after = xPortGetFreeHeapSize();
    CHECK(kernel_failed_assertions == 0);
    CHECK(after > before + 2 * SIZE - 300 && after < before + 2 * SIZE);
    CHECK(xPortGetMinimumEverFreeHeapSize() == before - 320); /* they were not there then */
}

static void a_region_that_cannot_be_added_fails_an_assertion(void)
{
    size_t before = xPortGetFreeHeapSize();
    const HeapRegion_t again[] = {{first, SIZE}, {NULL, 0}};
    vPortDefineHeapRegions(again);
    CHECK(kernel_failed_assertions == 1 && xPortGetFreeHeapSize() == before);
}

static void requests_fall_back_to_them_and_figures_count_them(void)
{
    HeapStats_t stats;
    size_t all = xPortGetFreeHeapSize();
    void *list = NULL;
    unsigned in_first = 0, in_second = 0, blocks = 0;
    for (void **p; (p = launder(pvPortMalloc(64))) != NULL; blocks++) {
        *p = list;
        list = p;
        in_first += within(p, first);
        in_second += within(p, second);
    }
    CHECK(in_first > 8 && in_second > 8 && blocks > in_first + in_second);
    CHECK(xPortGetFreeHeapSize() == all - 64 * blocks);
    CHECK(xPortGetMinimumEverFreeHeapSize() == all - 64 * blocks);
    vPortGetHeapStats(&stats);
    CHECK(stats.xAvailableHeapSpaceInBytes == all - 64 * blocks && stats.xSizeOfLargestFreeBlockInBytes < 64);
    while (list != NULL) {
        void *next = *(void **)list;
        vPortFree(list);
        list = next;
    }
    vPortGetHeapStats(&stats);
    CHECK(stats.xAvailableHeapSpaceInBytes == all && stats.xNumberOfFreeBlocks == 3);
    CHECK(stats.xNumberOfSuccessfulFrees == blocks + 1);
    CHECK(xPortGetFreeHeapSize() == all);
}

TAP_MAIN(TEST(defined_regions_are_free_memory), TEST(a_region_that_cannot_be_added_fails_an_assertion),
         TEST(requests_fall_back_to_them_and_figures_count_them))
