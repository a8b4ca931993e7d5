/* region.c: the heap region, by the symbols that the firmware's linker script has anyway.
 *
 * Start: the first of these that there is.
 *
 *   __heap_start     linker/sections.ld, linker/heap.ld, --defsym; picolibc, Pico SDK 2, nRF MDK
 *   __HeapBase       CMSIS, nRF5 SDK
 *   __heap_base__    ChibiOS
 *   _sheap           RIOT, ASF
 *   _pvHeapStart     MCUXpresso IDE
 *   _heap_start      Teensy 4
 *   __end__          Pico SDK; Arduino SAMD; older CMSIS
 *   _end, end        STM32Cube, libopencm3, ASF, MSPM0; any script that newlib's own sbrk would do with
 *
 * Limit: __heap_limit, if it is at the start or above it: linker/sections.ld, linker/heap.ld, --defsym; nRF MDK. If it
 * is the start itself, the heap is empty on purpose. Otherwise the lowest of these that is above the start:
 *
 *   __HeapLimit      CMSIS, nRF, Pico SDK 2. Not where there is __StackOneTop: the first versions of the Pico SDK have
 *                    it PICO_HEAP_SIZE bytes above the start, and let the heap grow to __StackLimit
 *   __heap_end       picolibc, Pico SDK 2
 *   __heap_end__     ChibiOS
 *   _eheap           RIOT, ASF
 *   _pvHeapLimit     MCUXpresso IDE
 *   _heap_end        Teensy 4
 *   __StackLimit     CMSIS, nRF: the stack's lowest address; Pico SDK: the end of the heap's RAM
 *   __StackBottom    Pico SDK: the stack's lowest address
 *   _vStackBase      MCUXpresso IDE: likewise
 *
 * and, less the bytes that are the stack's:
 *
 *   __ram_end__      ASF: the end of RAM
 *   _estack          STM32Cube: the end of the stack, as all that follow
 *   __StackTop       CMSIS, Arduino SAMD, MSPM0
 *   _stack           libopencm3
 *   _vStackTop       MCUXpresso IDE
 *   _stack_top       ataradov
 *
 * The stack's bytes are _Min_Stack_Size (STM32Cube), where the script has that. Elsewhere they matter only if no symbol
 * of the upper table is below the stack's end: then they are cairn_stack_reserve, a symbol for --defsym; or else
 * CAIRN_STACK_RESERVE, which is set when the library is built.
 *
 * So the heap never reaches into a stack that the script knows of, whatever else the script says; only __heap_limit is
 * taken as it is. A limit below the start is another region's, or not a limit at all: newlib's semihosting library has
 * a variable __heap_limit, in .data. One that is the start is what a script has where no object brings a section for
 * the heap.
 *
 * Where one of the two is not found, every request ends in cairn_fatal(CAIRN_NO_HEAP), with the start as the address,
 * or NULL. CAIRN_HEAP_START and CAIRN_HEAP_LIMIT, set when the library is built, name the symbol instead; then no other
 * one is looked for, and one that is missing does not link.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "port.h"

/* Bytes above the heap that are the stack's, where the script names the end of the stack or of RAM and no size: a
 * plain number. */
#ifndef CAIRN_STACK_RESERVE
#define CAIRN_STACK_RESERVE 1024
#endif
#if CAIRN_STACK_RESERVE < 0
#error "CAIRN_STACK_RESERVE must be 0 or more: bytes for the stack above the heap"
#endif

/* Bytes that the index reaches. A larger region is served up to there; a linker script that is to refuse it can say
 * ASSERT(__heap_limit - __heap_start <= cairn_heap_max, "..."). tools/cairn bound knows the library's index by it. */
#if CAIRN_INDEX_BITS == 32
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x7fffffff");
#elif CAIRN_GRANULE == 16
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x100000");
#else
__asm(".global cairn_heap_max\n\t.set cairn_heap_max, 0x80000");
#endif

/* For the tools: they find the heap's end by the same rules. */
#define TEXT_OF(macro) TEXT(macro)
#define TEXT(number) #number
__asm(".global cairn_stack_reserve_built\n\t.set cairn_stack_reserve_built, " TEXT_OF(CAIRN_STACK_RESERVE));

/* In C a linker symbol is an address, never a value; a weak one that is not there has address 0.
 * The linker keeps a number of bytes as if it were an address. */
#define WEAK __attribute__((weak))
#define COLD __attribute__((noinline, cold))

#ifdef CAIRN_HEAP_START
extern char CAIRN_HEAP_START[];

COLD char *port_heap_start(void)
{
    return CAIRN_HEAP_START;
}
#else
extern char __heap_start[] WEAK, __HeapBase[] WEAK, __heap_base__[] WEAK, _sheap[] WEAK, _pvHeapStart[] WEAK;
extern char _heap_start[] WEAK, __end__[] WEAK, _end[] WEAK, end[] WEAK;

COLD char *port_heap_start(void)
{
    static char *const starts[] = {__heap_start, __HeapBase, __heap_base__, _sheap, _pvHeapStart,
                                   _heap_start,  __end__,    _end,          end};
    char *const *symbol = starts;
    while (*symbol == NULL && symbol < &starts[sizeof starts / sizeof starts[0] - 1u])
        symbol++;
    return *symbol;
}
#endif

#ifdef CAIRN_HEAP_LIMIT
extern char CAIRN_HEAP_LIMIT[];

char *port_heap_limit(void)
{
    return CAIRN_HEAP_LIMIT;
}
#else
extern char __heap_limit[] WEAK, __HeapLimit[] WEAK, __heap_end[] WEAK, __heap_end__[] WEAK, _eheap[] WEAK;
extern char _pvHeapLimit[] WEAK, _heap_end[] WEAK, __StackLimit[] WEAK, __StackBottom[] WEAK, __StackOneTop[] WEAK;
extern char __ram_end__[] WEAK, _estack[] WEAK, __StackTop[] WEAK, _stack[] WEAK, _vStackTop[] WEAK, _stack_top[] WEAK;
extern char _vStackBase[] WEAK, _Min_Stack_Size[] WEAK, cairn_stack_reserve[] WEAK;

COLD char *port_heap_limit(void)
{
    enum { ABOVE_STACK = 9 }; /* from this one on they are above the stack */
    static char *const ends[] = {__HeapLimit, __heap_end,   __heap_end__,  _eheap,      _pvHeapLimit,
                                 _heap_end,   __StackLimit, __StackBottom, _vStackBase, __ram_end__,
                                 _estack,     __StackTop,   _stack,        _vStackTop,  _stack_top};
    uintptr_t start = (uintptr_t)port_heap_start();
    if (start - 1u < (uintptr_t)__heap_limit) /* not if there is no start */
        return __heap_limit;
    uintptr_t stack = (uintptr_t)_Min_Stack_Size;
    uintptr_t limit = 0;
    size_t lowest = 0;
    size_t i = __StackOneTop != NULL ? 1u : 0u;
    do {
        uintptr_t bound = (uintptr_t)ends[i];
        if (bound <= start)
            continue;
        if (i >= ABOVE_STACK)
            bound -= stack;
        if (bound - 1u <= limit - 1u) { /* of equal ones, the last: a stack of no bytes is none */
            limit = bound;
            lowest = i;
        }
    } while (++i < sizeof ends / sizeof ends[0]);
    if (lowest >= ABOVE_STACK && stack == 0)
        limit -= cairn_stack_reserve != NULL ? (uintptr_t)cairn_stack_reserve : CAIRN_STACK_RESERVE;
    if (start == 0 || limit <= start)
        cairn_fatal(CAIRN_NO_HEAP, (const void *)start);
    return (char *)limit;
}
#endif

/* ---- For the tools: the names that were chosen when this was built (allocator/core/layout.h) ---- */

#define NAMED(key, name) NAMED_TEXT(key, name)
#define NAMED_TEXT(key, name) __asm(".pushsection .comment\n\t.asciz \"cairn: " key "=" #name "\"\n\t.popsection")

#ifdef CAIRN_HEAP_START
NAMED("region.start", CAIRN_HEAP_START);
#endif
#ifdef CAIRN_HEAP_LIMIT
NAMED("region.limit", CAIRN_HEAP_LIMIT);
#endif
