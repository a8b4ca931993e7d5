/* fatal.c: see fatal.h.
 *
 * SPDX-License-Identifier: MIT */
#include "fatal.h"

#include "tap.h"

#include <setjmp.h>

enum cairn_reason fatal_reason;
const void *fatal_address;
bool fatal_locked;

static jmp_buf catcher;
static bool catching;

static const char *expected_name;
static enum cairn_reason expected_reason;
static const void *expected_address;

void expect_fatal(const char *name, enum cairn_reason reason, const void *address)
{
    expected_name = name;
    expected_reason = reason;
    expected_address = address;
    tap_plan(1);
}

int fatal_missed(void)
{
    tap_comment("the misuse was not noticed");
    tap_result(false, expected_name);
    return tap_status();
}

bool is_fatal(void (*action)(struct cairn_heap *heap, void *p), struct cairn_heap *heap, void *p)
{
    catching = true;
    if (setjmp(catcher) == 0) {
        action(heap, p);
        catching = false;
        return false;
    }
    catching = false;
    fatal_locked = !tap_unlocked();
    tap_unlock();
    return true;
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    fatal_reason = reason;
    fatal_address = address;
    if (catching)
        longjmp(catcher, 1);
    if (expected_name == NULL) { /* the plan is not kept, so the run has failed; others go on */
        tap_comment(cairn_reason_text(reason));
        tap_exit(1);
    }
    if (reason != expected_reason)
        tap_comment(cairn_reason_text(reason));
    if (address != expected_address)
        tap_comment_number("address differs by", (unsigned long)((uintptr_t)address - (uintptr_t)expected_address));
    tap_result(reason == expected_reason && address == expected_address, expected_name);
    tap_exit(tap_status());
}
