/* trace_rtt.c: sends the heap's trace through a channel of SEGGER RTT: the bytes that a file of trace_semihosting.c has.
 *
 * The firmware configures the channel (SEGGER_RTT_ConfigUpBuffer()). A record that finds no room is left out as a whole:
 * the numbers of the others tell how many.
 *
 * SPDX-License-Identifier: MIT */
#include "SEGGER_RTT.h"
#include "cairn.h"
#include "port.h"
#include "trace_build.h"

#ifndef CAIRN_TRACE_RTT_CHANNEL
#define CAIRN_TRACE_RTT_CHANNEL 1
#endif

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    static bool named; /* the build, to the reader */
    uintptr_t build[TRACE_BUILD_WORDS];
    uint32_t state = port_lock();
    if (!named && trace_build(build))
        (void)SEGGER_RTT_WriteSkipNoLock(CAIRN_TRACE_RTT_CHANNEL, build, sizeof build);
    named = true;
    (void)SEGGER_RTT_WriteSkipNoLock(CAIRN_TRACE_RTT_CHANNEL, words, count * (unsigned)sizeof *words);
    port_unlock(state);
}
