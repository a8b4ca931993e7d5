/* stack_end.c: port_stack_end() for a firmware that does not define it: by the stack pointer that the vector table
 * begins with.
 *
 * A firmware whose stacks lie elsewhere, such that memory ends less than 512 bytes above one of them, defines its own.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn_config.h"
#include "port.h"

#if CAIRN_CALLS

#define VTOR (*(const volatile uintptr_t *)0xe000ed08u)

/* A stack above the main one is in a RAM of its own: of that all is known to be there up to the next KiB. */
const void *port_stack_end(const void *frame)
{
    enum { KIB = 1024 };
    uintptr_t main_stack = *(const volatile uintptr_t *)VTOR, at = (uintptr_t)frame;
    return (const void *)(at <= main_stack ? main_stack : (at | (KIB - 1u)) + 1u);
}

#endif
