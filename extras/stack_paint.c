/* stack_paint.c: see stack_paint.h.
 *
 * The main stack lies between the symbols of the first of these rows that the linker script has:
 *
 *   __stack_limit               __stack_top   linker/sections.ld, linker/heap.ld, --defsym
 *   __StackBottom               __StackTop    Pico SDK, whose __StackLimit is the heap's end
 *   __StackLimit                __StackTop    CMSIS, nRF
 *   _estack - _Min_Stack_Size   _estack       STM32Cube
 *   __heap_end                  __stack       picolibc
 *
 * SPDX-License-Identifier: MIT */
#include "stack_paint.h"

#include "stack_guard.h"

#include <stdint.h>

/* In C a linker symbol is an address, never a value; a weak one that is not there has address 0.
 * The linker keeps the number of bytes _Min_Stack_Size as if it were an address. */
extern char __stack_limit[] __attribute__((weak)), __stack_top[] __attribute__((weak));
extern char __StackBottom[] __attribute__((weak)), __StackLimit[] __attribute__((weak));
extern char __StackTop[] __attribute__((weak));
extern char _estack[] __attribute__((weak)), _Min_Stack_Size[] __attribute__((weak));
extern char __heap_end[] __attribute__((weak)), __stack[] __attribute__((weak));

/* Absent from a firmware that does not link the guard. */
__attribute__((weak)) char *stack_guard_end(void);

/* Volatile: the compiler neither drops a store to memory that is never read, nor makes the loop a
 * memset(), whose frame would be painted over. */
typedef volatile uint32_t __attribute__((may_alias)) stack_word;

enum { WORD = sizeof(uint32_t) };

/* ---- The main stack ------------------------------------------------------------------------- */

/* RISC-V has one stack pointer: that of the caller. */
static inline uintptr_t main_pointer(void)
{
    uintptr_t pointer;
#ifdef __riscv
    __asm volatile("mv %0, sp" : "=r"(pointer));
#else
    __asm volatile("mrs %0, msp" : "=r"(pointer));
#endif
    return pointer;
}

/* A wrong guess would paint over data: the stack is where the main stack pointer is. */
static struct stack_range around_pointer(char *low, char *top)
{
    uintptr_t pointer = main_pointer();
    if (low == NULL || pointer < (uintptr_t)low || pointer > (uintptr_t)top)
        return (struct stack_range){NULL, 0};
    return (struct stack_range){low, (size_t)((uintptr_t)top - (uintptr_t)low)};
}

__attribute__((cold)) struct stack_range stack_range_main(void)
{
    if (__stack_limit != NULL && __stack_top != NULL)
        return around_pointer(__stack_limit, __stack_top);
    if (__StackBottom != NULL && __StackTop != NULL)
        return around_pointer(__StackBottom, __StackTop);
    if (__StackLimit != NULL && __StackTop != NULL)
        return around_pointer(__StackLimit, __StackTop);
    if (_estack != NULL && _Min_Stack_Size != NULL)
        return around_pointer((char *)((uintptr_t)_estack - (uintptr_t)_Min_Stack_Size), _estack);
    return around_pointer(__heap_end, __stack);
}

/* ---- Painting and reading ------------------------------------------------------------------- */

/* The words of a range that may be touched, and the lowest one that is in use now. */
struct words {
    stack_word *low, *in_use, *end;
};

/* The end of a range that ends at a stack pointer, if that lies in it. */
static uintptr_t cut(uintptr_t low, uintptr_t end, uintptr_t pointer)
{
    return pointer >= low && pointer < end ? pointer : end;
}

/* The lowest stack pointer in the range; its end, if there is none. Unprivileged code reads 0 from MSP
 * and PSP, but knows its own.
 *
 * Not inline: a compiler may build a function's frame after the function's first instructions. At a
 * call the caller's frame is complete, and lies above what is found here. */
__attribute__((noinline)) static uintptr_t lowest_pointer(uintptr_t low, uintptr_t end)
{
#ifdef __riscv
    return cut(low, end, main_pointer());
#else
    uintptr_t own, msp, psp;
    __asm volatile("mov %0, sp\n\tmrs %1, msp\n\tmrs %2, psp" : "=r"(own), "=r"(msp), "=r"(psp));
    return cut(low, cut(low, cut(low, end, own), msp), psp);
#endif
}

static struct words words_of(struct stack_range range)
{
    uintptr_t low = ((uintptr_t)range.low + WORD - 1u) & ~(uintptr_t)(WORD - 1u);
    uintptr_t end = ((uintptr_t)range.low + range.bytes) & ~(uintptr_t)(WORD - 1u);
    if (end < low)
        end = low;
    uintptr_t in_use = lowest_pointer(low, end);
    uintptr_t guard_end = stack_guard_end != NULL ? (uintptr_t)stack_guard_end() : 0;
    if (guard_end > low && guard_end <= end)
        low = guard_end;
    return (struct words){(stack_word *)low, (stack_word *)in_use, (stack_word *)end};
}

void stack_paint(struct stack_range range)
{
    struct words stack = words_of(range);
    for (stack_word *word = stack.low; word < stack.in_use; word++)
        *word = STACK_PAINT_WORD;
}

struct stack_use stack_use(struct stack_range range)
{
    struct words stack = words_of(range);
    stack_word *lowest = stack.low;
    while (lowest < stack.in_use && *lowest == STACK_PAINT_WORD)
        lowest++;
    return (struct stack_use){(size_t)(stack.end - lowest) * WORD, (size_t)(lowest - stack.low) * WORD};
}
