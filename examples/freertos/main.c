/* FreeRTOS over Cairn: tasks that take and free memory of the kernel's heap and of malloc(), which are one here.
 *
 * `make freertos KERNEL=<folder>` builds it with your kernel and runs it; the tests have stand-ins for the kernel, in
 * tests/freertos/kernel. See docs/freertos.md.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "heap_cairn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 2, ROUNDS = 50, STACK = 512 /* words: printf() needs most of it */ };

void vApplicationMallocFailedHook(void);

static TaskHandle_t reporter;
static unsigned refused; /* requests */

/* In the context of the request, without a lock. As a rule, the place for a breakpoint. */
void vApplicationMallocFailedHook(void)
{
    refused++;
}

static void end(int status)
{
    (void)fflush(stdout);
    _Exit(status);
}

void assertion_failed(const char *file, int line)
{
    printf("%s:%d: assertion failed, heap: %s\n", file, line, cairn_reason_text(cairn_failure.reason));
    end(EXIT_FAILURE);
}

/* The kernel's allocator and malloc() in turn. Either may free what the other has given, as long as they are one heap:
 * not over ucHeap. */
static void work(void *letter)
{
    for (size_t i = 1; i <= ROUNDS; i++) {
        char *line = pvPortMalloc(12);
        char *copy = malloc(16 * i);
        configASSERT(line != NULL && copy != NULL);
        memset(copy, *(char *)letter, 16 * i);
        line = pvPortRealloc(line, 20 * i);
        configASSERT(line != NULL);
        memcpy(line, copy, 16 * i);
        vTaskDelay(1); /* the other one works meanwhile */
        configASSERT(memcmp(line, copy, 16 * i) == 0);
        free(line);
        vPortFree(copy);
    }
    xTaskNotifyGive(reporter);
    vTaskDelete(NULL);
}

static void report(void *unused)
{
    (void)unused;
    for (int i = 0; i < WORKERS; i++)
        ulTaskNotifyTake(pdFALSE, portMAX_DELAY);
    printf("workers done: %d\n", WORKERS);

    void *all = pvPortMalloc(xPortGetFreeHeapSize() + 1);
    printf("more than there is: %s, refused: %u\n", all == NULL ? "NULL" : "a block", refused);

    taskENTER_CRITICAL();
    int invariant = cairn_check(cairn_freertos_heap(), NULL);
    taskEXIT_CRITICAL();
    printf("broken invariant of the heap: %d\n", invariant);

    HeapStats_t stats;
    vPortGetHeapStats(&stats);
    printf("minimum ever below what is free: %s\n",
           stats.xMinimumEverFreeBytesRemaining < stats.xAvailableHeapSpaceInBytes ? "yes" : "no");
    end(EXIT_SUCCESS);
}

int main(void)
{
    static char letters[WORKERS] = {'A', 'B'};
    if (xTaskCreate(report, "report", STACK, NULL, tskIDLE_PRIORITY + 1, &reporter) != pdPASS)
        return EXIT_FAILURE;
    for (int i = 0; i < WORKERS; i++)
        if (xTaskCreate(work, "work", STACK, &letters[i], tskIDLE_PRIORITY + 2, NULL) != pdPASS)
            return EXIT_FAILURE;
    vTaskStartScheduler();
    return EXIT_FAILURE; /* there was no memory for the idle task */
}
