/* trace_systemview.c: the heap's calls as heap events of SEGGER SystemView, on its time axis with tasks and interrupts.
 *
 * SPDX-License-Identifier: MIT */
#include "SEGGER_SYSVIEW.h"
#include "cairn.h"
#include "trace_event.h"

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    struct trace_event event = trace_event(words);
    (void)count;
    if (event.ended != NULL)
        SEGGER_SYSVIEW_HeapFree(cairn_system(), event.ended);
    if (event.begun != NULL)
        SEGGER_SYSVIEW_HeapAlloc(cairn_system(), event.begun, (unsigned)event.size);
}
