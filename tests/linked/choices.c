/* choices.c: prints what port/common/region.c and stack_paint.c choose: a line for each set of symbols, with the
 * heap's two ends, the stack's two ends, and the stack pointer. sets.inc has a line SET(prefix) for each set: copies of
 * both objects in which that prefix comes before every name. tests/tools/link.py makes it.
 *
 * SPDX-License-Identifier: MIT */
#include "semihosting.h"
#include "stack_paint.h"

#include <setjmp.h>
#include <stdint.h>

/* Where region.c finds no heap it calls cairn_fatal(): it is back in main() then. */
static jmp_buf no_heap;

#define SET(prefix)                                                      \
    char *prefix##port_heap_start(void);                                 \
    char *prefix##port_heap_limit(void);                                 \
    struct stack_range prefix##stack_range_main(void);                   \
    _Noreturn void prefix##cairn_fatal(int reason, const void *address); \
    _Noreturn void prefix##cairn_fatal(int reason, const void *address)  \
    {                                                                    \
        (void)reason;                                                    \
        (void)address;                                                   \
        longjmp(no_heap, 1);                                             \
    }
#include "sets.inc"
#undef SET

struct set {
    char *(*start)(void);
    char *(*limit)(void);
    struct stack_range (*stack)(void);
};

#define SET(prefix) {prefix##port_heap_start, prefix##port_heap_limit, prefix##stack_range_main},
static const struct set sets[] = {
#include "sets.inc"
};

int main(void);

static void put(uintptr_t number, const char *end)
{
    char text[] = "00000000";
    for (int i = 7; i >= 0; i--, number >>= 4)
        text[i] = "0123456789abcdef"[number & 15u];
    semihosting_puts(text);
    semihosting_puts(end);
}

int main(void)
{
    for (unsigned n = 0; n < sizeof sets / sizeof sets[0]; n++) {
        struct stack_range stack = sets[n].stack();
        uintptr_t pointer;
        __asm volatile("mrs %0, msp" : "=r"(pointer));
        put((uintptr_t)sets[n].start(), " ");
        if (setjmp(no_heap) == 0)
            put((uintptr_t)sets[n].limit(), " ");
        else
            put(0, " ");
        put((uintptr_t)stack.low, " ");
        put((uintptr_t)stack.low + stack.bytes, " ");
        put(pointer, "\n");
    }
    return 0;
}
