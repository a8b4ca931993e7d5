/* region.c: the heap region, by the symbols that the firmware's linker script has anyway.
 *
 * Start: the first of these that there is.
 *
 *   __heap_start    linker/sections.ld, linker/heap.ld, --defsym; picolibc, Pico SDK 2, nRF MDK
 *   __HeapBase      CMSIS, nRF5 SDK
 *   __end__         Pico SDK; older CMSIS
 *   _end, end       STM32Cube; any script that newlib's own sbrk would do with
 *
 * Limit: the first of these rows that holds one at or above the start.
 *
 *   __heap_limit    linker/sections.ld, linker/heap.ld, --defsym; nRF MDK
 *   __heap_end      picolibc, Pico SDK 2
 *   the lowest of   __HeapLimit                  CMSIS, nRF, Pico SDK
 *                   __StackLimit                 CMSIS, nRF: the stack's lowest address
 *                   _estack - _Min_Stack_Size    STM32Cube: likewise, if there are both
 *
 * So a script's own word for the heap's end cannot carry it into a stack that the script knows of;
 * only __heap_limit and __heap_end, which mean nothing else, are taken as they stand. A limit below
 * the start is another region's, or not a limit at all: newlib's semihosting library has a variable
 * __heap_limit, in .data.
 *
 * Where one of the two is not found the limit is not above the start: there is no memory, and every
 * request is refused. CAIRN_HEAP_START and CAIRN_HEAP_LIMIT, set when the library is built, name the
 * symbol instead; then no other one is looked for, and one that is missing does not link.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn_config.h"
#include "port.h"

/* Bytes that the index reaches. A larger region is served up to there; a linker script that is to refuse it can say
 * ASSERT(__heap_limit - __heap_start <= cairn_heap_max, "..."). tools/cairn bound knows the library's index by it. */
#if CAIRN_INDEX_BITS == 32
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x7fffffff");
#elif CAIRN_GRANULE == 16
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x100000");
#else
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x80000");
#endif

/* In C a linker symbol is an address, never a value; a weak one that is not there has address 0.
 * The linker keeps the number of bytes _Min_Stack_Size as if it were an address. */
#ifdef CAIRN_HEAP_START
extern char CAIRN_HEAP_START[];
#else
extern char __heap_start[] __attribute__((weak)), __HeapBase[] __attribute__((weak));
extern char __end__[] __attribute__((weak)), _end[] __attribute__((weak)), end[] __attribute__((weak));
#endif

#ifdef CAIRN_HEAP_LIMIT
extern char CAIRN_HEAP_LIMIT[];
#else
extern char __heap_limit[] __attribute__((weak)), __heap_end[] __attribute__((weak));
extern char __HeapLimit[] __attribute__((weak)), __StackLimit[] __attribute__((weak));
extern char _estack[] __attribute__((weak)), _Min_Stack_Size[] __attribute__((weak));
#endif

#define COLD __attribute__((noinline, cold))

COLD char *port_heap_start(void)
{
#ifdef CAIRN_HEAP_START
    return CAIRN_HEAP_START;
#else
    if (__heap_start != 0)
        return __heap_start;
    if (__HeapBase != 0)
        return __HeapBase;
    if (__end__ != 0)
        return __end__;
    return _end != 0 ? _end : end;
#endif
}

#ifdef CAIRN_HEAP_LIMIT
char *port_heap_limit(void)
{
    return CAIRN_HEAP_LIMIT;
}
#else
COLD char *port_heap_limit(void)
{
    uintptr_t start = (uintptr_t)port_heap_start();
    if (start == 0)
        return 0;
    if ((uintptr_t)__heap_limit >= start)
        return __heap_limit;
    if ((uintptr_t)__heap_end >= start)
        return __heap_end;
    /* Counted from the start, what lies below it, an absent symbol too, is farther than all above. */
    uintptr_t room = (uintptr_t)__HeapLimit - start;
    uintptr_t other = (uintptr_t)__StackLimit - start;
    if (other < room)
        room = other;
    other = (uintptr_t)_estack - (uintptr_t)_Min_Stack_Size - start;
    if (other < room && _estack != 0 && _Min_Stack_Size != 0)
        room = other;
    return (char *)(start + room);
}
#endif

/* ---- For tools/cairn link: the names that were chosen when this was built (allocator/layout.h) ---- */

#define NAME_TEXT(name) #name
#define NAMED(key, name) \
    __asm(".pushsection .cairn.layout,\"\",%progbits\n\t.ascii \"" key "=" NAME_TEXT(name) "\\n\"\n\t.popsection")

#ifdef CAIRN_HEAP_START
NAMED("region.start", CAIRN_HEAP_START);
#endif
#ifdef CAIRN_HEAP_LIMIT
NAMED("region.limit", CAIRN_HEAP_LIMIT);
#endif
