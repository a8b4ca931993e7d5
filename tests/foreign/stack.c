/* The stack that is painted lies where the linker script says, to the byte. One program, linked by a
 * script of each convention; the link line gives the expectation. Both ends are 0 where no stack must
 * be found.
 *
 * SPDX-License-Identifier: MIT */
#include "../paint/push.h"

#include "stack_paint.h"
#include "tap.h"

/* In C a linker symbol is an address, never a value. */
extern char expected_low[], expected_top[];

static void the_stack_is_where_the_script_says(void)
{
    struct stack_range range = stack_range_main();
    CHECK((uintptr_t)range.low == (uintptr_t)expected_low);
    CHECK((uintptr_t)range.low + range.bytes == (uintptr_t)expected_top);
}

static void its_use_is_measured(void)
{
    struct stack_range range = stack_range_main();
    stack_paint(range);
    char *pointer = push_words(100);
    struct stack_use use = stack_use(range);
    size_t known = range.bytes != 0 ? (size_t)((uintptr_t)expected_top - (uintptr_t)pointer) : 0;
    CHECK(use.deepest == known);
    CHECK(use.deepest + use.unused == range.bytes / 4 * 4);
}

TAP_MAIN(TEST(the_stack_is_where_the_script_says), TEST(its_use_is_measured))
