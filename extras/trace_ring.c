/* trace_ring.c: keeps the last records of the heap's trace in RAM, for a debugger or a RAM dump.
 *
 * A record that does not fit beside the others takes the place of the oldest ones: how many were lost
 * is told by the records' numbers.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "port.h"
#include "trace_build.h"

/* Words of RAM for records; a record has 3 to 5, and those of its context. */
#ifndef CAIRN_TRACE_WORDS
#define CAIRN_TRACE_WORDS 1024
#endif
_Static_assert(CAIRN_TRACE_WORDS >= 16, "CAIRN_TRACE_WORDS: too few words for three records");
_Static_assert(!CAIRN_TRACE_CONTEXT || CAIRN_TRACE_WORDS >= 3 * CAIRN_TRACE_MOST,
               "CAIRN_TRACE_WORDS: too few words for three records with their contexts");

/* Records are in `words` from `first` on, `count` words of them, round the end after `size`; 0 is "no
 * record yet". `build` is beside them, since the oldest records are overwritten: all 0 if there is no build id. */
struct {
    uint32_t size, first, count;
    uintptr_t words[CAIRN_TRACE_WORDS];
    uintptr_t build[TRACE_BUILD_WORDS];
} cairn_trace_ring;

/* Words of the record whose first word this is: of malloc, calloc, an aligned request, realloc, free; or of a
 * context. */
static uint32_t length(uintptr_t word)
{
    enum { CONTEXT = 6 };
    if (CAIRN_TRACE_CONTEXT && (word & 7u) == CONTEXT)
        return 1u + ((uint32_t)word >> 3 & 31u);
    static const uint8_t lengths[8] = {4, 4, 4, 5, 3, 1, 1, 1};
    return lengths[word & 7u];
}

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    uint32_t state = port_lock();
    if (cairn_trace_ring.size == 0)
        (void)trace_build(cairn_trace_ring.build);
    cairn_trace_ring.size = CAIRN_TRACE_WORDS;
    while (CAIRN_TRACE_WORDS - cairn_trace_ring.count < count) {
        uint32_t oldest = length(cairn_trace_ring.words[cairn_trace_ring.first]);
        cairn_trace_ring.first = (cairn_trace_ring.first + oldest) % CAIRN_TRACE_WORDS;
        cairn_trace_ring.count -= oldest;
    }
    for (uint32_t i = 0; i < count; i++)
        cairn_trace_ring.words[(cairn_trace_ring.first + cairn_trace_ring.count++) % CAIRN_TRACE_WORDS] = words[i];
    port_unlock(state);
}
