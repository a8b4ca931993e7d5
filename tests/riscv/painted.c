/* The painted stack on RISC-V: depths known to the word.
 *
 * SPDX-License-Identifier: MIT */
#include "stack_paint.h"

#include "tap.h"

#include <stdint.h>

extern char __stack_limit[], __stack_top[];

/* Use `bytes` of the stack, to the lowest word; returns the stack pointer that it was called with. */
__attribute__((naked, noinline)) static uintptr_t use(uintptr_t bytes)
{
    (void)bytes;
    __asm volatile("    mv   t0, sp\n"
                   "    sub  sp, sp, a0\n"
                   "    sw   x0, 0(sp)\n"
                   "    mv   sp, t0\n"
                   "    mv   a0, t0\n"
                   "    ret\n");
}

static size_t below_top(uintptr_t pointer)
{
    return (size_t)((uintptr_t)__stack_top - pointer);
}

static void the_main_stack_is_found(void)
{
    struct stack_range main_stack = stack_range_main();
    CHECK(main_stack.low == __stack_limit && main_stack.bytes == (size_t)(__stack_top - __stack_limit));
}

static void the_deepest_word_is_found(void)
{
    for (uintptr_t bytes = 400; bytes < 4000; bytes += 16) {
        stack_paint(stack_range_main());
        uintptr_t pointer = use(bytes);
        struct stack_use found = stack_use(stack_range_main());
        CHECK(found.deepest == below_top(pointer) + bytes);
        CHECK(found.deepest + found.unused == stack_range_main().bytes);
    }
}

static void painting_leaves_what_is_in_use(void)
{
    volatile uint32_t words[64];
    for (uint32_t i = 0; i < 64; i++)
        words[i] = i;
    stack_paint(stack_range_main());
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < 64; i++)
        wrong += words[i] != i;
    CHECK(wrong == 0);
}

/* That of a task: the pointer is elsewhere. */
static void another_range_is_painted_whole(void)
{
    static uint32_t task[100];
    struct stack_range range = {task, sizeof task};
    stack_paint(range);
    CHECK(stack_use(range).deepest == 0 && stack_use(range).unused == sizeof task);
    task[60] = 1;
    CHECK(stack_use(range).deepest == 40 * sizeof task[0]);
}

TAP_MAIN(TEST(the_main_stack_is_found), TEST(the_deepest_word_is_found), TEST(painting_leaves_what_is_in_use),
         TEST(another_range_is_painted_whole))
