/* trace_semihosting.c: writes the heap's trace to a file of the host that debugs or emulates the
 * firmware. A record stops the program for as long as that takes.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "semihosting.h"
#include "trace_build.h"

/* The file, in the debugger's or emulator's directory. */
#ifndef CAIRN_TRACE_FILE
#define CAIRN_TRACE_FILE "cairn.trace.bin"
#endif

void cairn_trace(const uintptr_t *words, uint32_t count)
{
    static int handle = -1;
    if (handle < 0) {
        uintptr_t build[TRACE_BUILD_WORDS];
        handle = semihosting_open(CAIRN_TRACE_FILE, SEMIHOSTING_WRITE);
        if (handle >= 0 && trace_build(build))
            (void)semihosting_write(handle, build, sizeof build);
    }
    if (handle >= 0)
        (void)semihosting_write(handle, words, count * sizeof *words);
}
