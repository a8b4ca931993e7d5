/* region.c: the heap region, as linker/sections.ld lays it out: from the end of .bss to the
 * reserved stack.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn_config.h"
#include "port.h"

/* In C a linker symbol is an address, never a value. */
extern char __heap_start[], __heap_limit[];

/* What linker/sections.ld compares the region with: where 16 bits count its granules, 512 KiB. */
#if CAIRN_INDEX_BITS == 16
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x80000");
#else
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x7fffffff");
#endif

char *port_heap_start(void)
{
    return __heap_start;
}

char *port_heap_limit(void)
{
    return __heap_limit;
}
