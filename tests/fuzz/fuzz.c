/* fuzz.c: see fuzz.h.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "core/heap.h"
#include "host_port.h"
#include "system/system.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t input_size(struct input *input)
{
    unsigned kind = input_byte(input);
    if (kind < 160)
        return kind;
    if (kind < 240)
        return input_half(input) % (kind * 32u);
    static const size_t ends[] = {SIZE_MAX, (size_t)PTRDIFF_MAX, HEAP_MAX_REQUEST, (size_t)SIZE_MAX / 2 + 128};
    return ends[kind % 4u] + 8u - input_byte(input) % 64u;
}

_Noreturn void fuzz_failed(const char *text, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
    abort();
}

static jmp_buf catcher;
static bool catching;

bool fuzz_is_fatal(void (*action)(void *), void *context)
{
    catching = true;
    if (setjmp(catcher) == 0) {
        action(context);
        catching = false;
        return false;
    }
    catching = false;
    host_lock_depth = 0;
    return true;
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    if (catching)
        longjmp(catcher, 1);
    fprintf(stderr, "%p: %s\n", address, cairn_reason_text(reason));
    abort();
}

/* The list of regions only grows: regions.c has no way to empty it, and its name is its own until
 * tests/mk/fuzz.mk makes it known. */
extern void *cairn_first_region;

void fuzz_start_anew(char *heap_start, char *heap_limit)
{
    memset(&cairn_system_state, 0, sizeof cairn_system_state);
    cairn_first_region = NULL;
    host_heap_start = heap_start;
    host_heap_limit = heap_limit;
    host_lock_depth = 0;
}
