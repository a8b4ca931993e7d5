/* fatal.c: the cairn_fatal() of a firmware that brings none of its own.
 *
 * It leaves the reason and the address where a debugger, a fault handler or a RAM dump finds them,
 * and stops: BKPT halts under a debugger and is a HardFault without one.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

struct {
    enum cairn_reason reason;
    const void *address;
} volatile cairn_failure;

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    cairn_failure.reason = reason;
    cairn_failure.address = address;
    for (;;)
        __asm volatile("cpsid i\n\tbkpt 0");
}
