/* fatal.c: the cairn_fatal() of a firmware that brings none of its own.
 *
 * It leaves the reason and the address where a debugger, a fault handler or a RAM dump finds them, with
 * CAIRN_CHECK=2 the blocks concerned as well, and stops: BKPT and EBREAK halt under a debugger. Without one BKPT is a
 * HardFault, and EBREAK a breakpoint exception.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

/* No interrupt comes any more. */
#ifdef __riscv
#define STOP ".option push\n\t.option arch, +zicsr\n\tcsrci mstatus, 8\n\tebreak\n\t.option pop"
#else
#define STOP "cpsid i\n\tbkpt 0"
#endif

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
        __asm volatile(STOP);
}
