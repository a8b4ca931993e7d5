/* region.c: the heap region, as linker/sections.ld lays it out: from the end of .bss to the
 * reserved stack.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"

/* In C a linker symbol is an address, never a value. */
extern char __heap_start[], __heap_limit[];

char *port_heap_start(void)
{
    return __heap_start;
}

char *port_heap_limit(void)
{
    return __heap_limit;
}
