/* trace_memfault.c: the heap's calls for the heap statistics of the Memfault SDK: the last allocations, with who made
 * them, are part of its coredumps.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "memfault/core/heap_stats.h"
#include "trace_event.h"

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    struct trace_event event = trace_event(words);
    (void)count;
    if (event.ended != NULL)
        memfault_heap_stats_free(event.ended);
    if (event.ended == NULL || event.begun != NULL) /* a request that was refused has no block */
        memfault_heap_stats_malloc(event.caller, event.begun, event.size);
}
