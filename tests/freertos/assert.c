/* CAIRN_FREERTOS_ASSERT: misuse of the heap fails configASSERT(), and the reason is where the library's own
 * cairn_fatal() leaves it.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"

#include "blocks.h"
#include "cairn.h"
#include "tap.h"

void vApplicationMallocFailedHook(void);

static char *freed;

void vApplicationMallocFailedHook(void)
{
}

void kernel_assert(bool holds)
{
    if (holds)
        return;
    tap_result(cairn_failure.reason == CAIRN_DOUBLE_FREE && cairn_failure.address == freed,
               "misuse of the heap fails an assertion");
    tap_exit(tap_status());
}

int main(void)
{
    tap_plan(1);
    freed = launder(pvPortMalloc(8));
    void *above = launder(pvPortMalloc(8));
    vPortFree(freed);
    vPortFree(freed);
    vPortFree(above);
    tap_result(false, "misuse of the heap fails an assertion");
    return tap_status();
}
