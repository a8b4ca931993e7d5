/* stack_guard.h: a stack that grows past what is reserved for it faults, instead of entering the heap.
 *
 * A unit that a firmware may link and start; nothing else needs it. The reserved stack begins at
 * __stack_limit (linker/sections.ld, linker/heap.ld, --defsym).
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_STACK_GUARD_H
#define CAIRN_STACK_GUARD_H

/* Bytes at the end of the reserved stack that no code may touch, on ARMv7-M: a power of two, 32 or
 * more. A function that steps over them without a touch, by a larger frame, is not noticed. Not used
 * on ARMv8-M Mainline, whose limit register lets nothing past. */
#ifndef STACK_GUARD_BYTES
#define STACK_GUARD_BYTES 256
#endif

/* Guard the main stack from now on.
 *
 * ARMv8-M Mainline: MSPLIM; a push below it is a UsageFault (STKOF), or a HardFault where that is not
 * enabled. ARMv7-M: the MPU's last region, with the default map for all else; a touch is a MemManage
 * fault, or a HardFault. It stays for handlers, except NMI and HardFault. A fault handler finds the
 * stack used up: it must set SP before it pushes. */
void stack_guard_start(void);

/* The lowest byte that the guard leaves to the stack; NULL while nothing is guarded. */
char *stack_guard_end(void);

#endif
