/* A recursion without an end: with the stack guard it faults before it enters the heap, which is
 * filled up to its limit here.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "semihosting.h"
#include "stack_guard.h"
#include "tap.h"

void fault_handler(void);
void found(void);

extern char __stack_top[], __stack_limit[];

static char *last; /* the block at the heap's end */
static size_t size;
static volatile unsigned depth;

__attribute__((noinline)) static unsigned recurse(unsigned n)
{
    volatile char frame[40];
    frame[0] = (char)n;
    depth = n;
    if (depth == 0)
        return 0; /* never: but the compiler must not know */
    return recurse(n + 1) + (unsigned)frame[0];
}

/* The stack is used up: a new one, and no limit, before anything is pushed. */
__attribute__((naked)) void fault_handler(void)
{
    __asm volatile(
#if __ARM_ARCH >= 8
        "movs r0, #0\n\tmsr msplim, r0\n\t"
#endif
        "ldr r0, =__stack_top\n\tmov sp, r0\n\tb found\n\t.ltorg");
}

void found(void)
{
    tap_comment_number("calls deep:", depth);
    tap_result(depth > 8 && filled(last, size, 7) && cairn_check(cairn_system(), NULL) == 0,
               "a runaway recursion faults and leaves the heap as it was");
    semihosting_exit(tap_status());
}

int main(void)
{
    tap_plan(1);
    size = room() - 200;
    while ((last = launder(malloc(size))) == NULL)
        size -= 8;
    fill(last, size, 7);
    stack_guard_start();
    tap_result(recurse(1) == 0, "this is not reached");
    return tap_status();
}
