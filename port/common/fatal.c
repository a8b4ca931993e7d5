/* fatal.c: the cairn_fatal() of a firmware that brings none of its own.
 *
 * It leaves the reason and the address where a debugger, a fault handler or a RAM dump finds them, with
 * CAIRN_CHECK=2 the blocks concerned as well, and stops: BKPT halts under a debugger and is a HardFault
 * without one.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

volatile struct cairn_failure cairn_failure;

#if CAIRN_CHECK == 2
struct cairn_report cairn_damage;
#endif

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    cairn_failure.reason = reason;
    cairn_failure.address = address;
#if CAIRN_CHECK == 2
    cairn_explain(reason, address, &cairn_damage);
#endif
    for (;;)
        __asm volatile("cpsid i\n\tbkpt 0");
}
