/* trace_itm.c: sends the heap's trace through a stimulus port of the ITM, to a reader of the SWO pin.
 *
 * Nothing is sent, and nothing waits, while the debugger has not enabled the port. Else the lock is held
 * while a record's 3 to 5 words go out: 5 bytes each on the wire. Not for Cortex-M0 and M0+, which have no
 * ITM. (QEMU has none either: this file is compiled by the tests, and not run.)
 * Registers: ARM DDI 0403E.e, ARMv7-M Architecture Reference Manual, C1.7.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "port.h"
#include "trace_build.h"

/* The stimulus port, 0 to 31. */
#ifndef CAIRN_TRACE_ITM_PORT
#define CAIRN_TRACE_ITM_PORT 1
#endif
_Static_assert(CAIRN_TRACE_ITM_PORT >= 0 && CAIRN_TRACE_ITM_PORT < 32, "CAIRN_TRACE_ITM_PORT: 0 to 31");

#define ITM_STIM (*(volatile uint32_t *)(0xe0000000u + 4u * CAIRN_TRACE_ITM_PORT))
#define ITM_TER (*(volatile uint32_t *)0xe0000e00u)
#define ITM_TCR (*(volatile uint32_t *)0xe0000e80u)
enum { TCR_ITMENA = 1, STIM_READY = 1 };

static void send(const uintptr_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        while ((ITM_STIM & STIM_READY) == 0)
            continue;
        ITM_STIM = words[i];
    }
}

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    if ((ITM_TCR & TCR_ITMENA) == 0 || (ITM_TER >> CAIRN_TRACE_ITM_PORT & 1u) == 0)
        return;
    static bool named; /* the build, to the reader */
    uintptr_t build[TRACE_BUILD_WORDS];
    uint32_t state = port_lock();
    if (!named && trace_build(build))
        send(build, TRACE_BUILD_WORDS);
    named = true;
    send(words, count);
    port_unlock(state);
}
