/* The paint and the guard together: the guarded bytes are neither painted nor read, and a stack that
 * has run into the guard shows it.
 *
 * SPDX-License-Identifier: MIT */
#include "push.h"
#include "semihosting.h"
#include "stack_guard.h"
#include "stack_paint.h"
#include "tap.h"

#include <stddef.h>

void fault_handler(void);
void found(void);

extern char __stack_limit[], __stack_top[];

/* A limit register keeps no bytes for itself. */
enum { GUARDED = __ARM_ARCH >= 8 ? 0 : STACK_GUARD_BYTES, BELOW = 8 /* words */ };

static bool running_away;

/* The stack is used up: a new one, and no limit, before anything is pushed. */
__attribute__((naked)) void fault_handler(void)
{
    __asm volatile(
#if __ARM_ARCH >= 8
        "movs r0, #0\n\tmsr msplim, r0\n\t"
#endif
        "ldr r0, =__stack_top\n\tmov sp, r0\n\tb found\n\t.ltorg");
}

/* The words from BELOW words below the stack to the end of the guarded ones. */
static volatile uint32_t *mark(int i)
{
    return (volatile uint32_t *)((uintptr_t)__stack_limit - 4u * BELOW) + i;
}

static bool marks_stand(void)
{
    for (int i = 0; i < BELOW + GUARDED / 4; i++)
        if (*mark(i) != (uint32_t)i)
            return false;
    return true;
}

/* In a HardFault handler, which no guard holds for: all of the stack can be read. */
void found(void)
{
    tap_result(running_away && stack_use(stack_range_main()).unused <= 8, "a runaway recursion leaves nothing unused");
    tap_result(marks_stand(), "neither it nor the paint has been in the guard or below");
    semihosting_exit(tap_status());
}

/* What a stack that is painted afresh and used to about its half says. */
static struct stack_use use_half(struct stack_range range, size_t *half)
{
    stack_paint(range);
    *half = (size_t)(__stack_top - push_words((uint32_t)stack_use(range).unused / 8));
    return stack_use(range);
}

static void before_the_guard(struct stack_range stack)
{
    size_t half;
    struct stack_use open = use_half(stack, &half);
    tap_result(stack_guard_end() == NULL && open.deepest == half && open.deepest + open.unused == stack.bytes,
               "without the guard the whole stack counts");
    for (int i = 0; i < BELOW + GUARDED / 4; i++)
        *mark(i) = (uint32_t)i;
    stack_guard_start();
    struct stack_use use = stack_use(stack);
    tap_result(stack_guard_end() == __stack_limit + GUARDED && use.deepest == half &&
                   use.unused == open.unused - GUARDED,
               "a stack that was painted before the guard started is read");
}

static void behind_the_guard(struct stack_range stack)
{
    size_t half;
    struct stack_use use = use_half(stack, &half);
    tap_result(use.deepest == half && use.deepest + use.unused == stack.bytes - GUARDED,
               "a guarded stack is painted and read");
    struct stack_range around = {(char *)((uintptr_t)stack.low - 16), stack.bytes + 16};
    use = use_half(around, &half);
    tap_result(use.deepest == half && use.deepest + use.unused == stack.bytes - GUARDED,
               "so is a range that begins below the guard");
}

static void elsewhere(struct stack_range stack)
{
    static uint32_t task_stack[32];
    struct stack_range ranges[] = {{task_stack, sizeof task_stack}, {(char *)stack.low + GUARDED + 32, 128}};
    for (int i = 0; i < 2; i++) {
        stack_paint(ranges[i]);
        struct stack_use use = stack_use(ranges[i]);
        tap_result(use.deepest == 0 && use.unused == 128, "a range without guarded bytes is painted as a whole");
    }
}

int main(void)
{
    struct stack_range stack = stack_range_main();
    tap_plan(8);
    before_the_guard(stack);
    behind_the_guard(stack);
    elsewhere(stack);
    stack_paint(stack);
    running_away = true;
    recurse(UINT32_MAX);
    tap_result(false, "this is not reached");
    return tap_status();
}
