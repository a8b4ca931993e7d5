/* trace_tracealyzer.c: the heap's calls as user events of Percepio Tracealyzer, in the channel "heap".
 *
 * For the recorder of version 4.6 and later.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "trace_event.h"
#include "trcRecorder.h"

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    static TraceStringHandle_t channel;
    struct trace_event event = trace_event(words);
    (void)count;
    if (channel == 0)
        (void)xTraceStringRegister("heap", &channel);
    if (event.ended != NULL)
        (void)xTracePrintF(channel, "free %x from %x", (uint32_t)(uintptr_t)event.ended,
                           (uint32_t)(uintptr_t)event.caller);
    if (event.begun != NULL)
        (void)xTracePrintF(channel, "malloc %x, %u bytes from %x", (uint32_t)(uintptr_t)event.begun,
                           (uint32_t)event.size, (uint32_t)(uintptr_t)event.caller);
}
