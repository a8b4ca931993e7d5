/* The FreeRTOS heap over Cairn: the calls of a task, without the tasks.
 *
 * The kernel's headers are stand-ins here, in tests/freertos/kernel; in a project they are the
 * kernel's. See docs/freertos.md.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's headers do not declare it. */
void *pvPortRealloc(void *p, size_t size);

/* Called when a request is refused; as a rule, the place for a breakpoint. */
void vApplicationMallocFailedHook(void)
{
    puts("hook: a request was refused");
}

int main(void)
{
    size_t at_first = xPortGetFreeHeapSize();

    char *line = pvPortMalloc(12);
    if (line == NULL)
        return EXIT_FAILURE;
    strcpy(line, "one heap of");
    line = pvPortRealloc(line, 64);
    if (line == NULL)
        return EXIT_FAILURE;
    strcat(line, " the kernel's and malloc()'s");
    puts(line);

    void *all = pvPortMalloc(at_first + 1);
    printf("more than there is: %s\n", all == NULL ? "NULL" : "a block");
    vPortFree(line);

    HeapStats_t stats;
    vPortGetHeapStats(&stats);
    printf("allocations %lu, frees %lu\n", (unsigned long)stats.xNumberOfSuccessfulAllocations,
           (unsigned long)stats.xNumberOfSuccessfulFrees);
    return EXIT_SUCCESS;
}
