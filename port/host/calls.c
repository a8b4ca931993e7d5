/* calls.c: port_calls() for the host's tests: words that follow a call in the program's own code.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn_config.h"
#include "port.h"

#if CAIRN_CALLS

#include <stdbool.h>

enum { LOOK_AT = 128 };

extern const unsigned char __executable_start[], etext[];

/* A call by 32 bits of distance, or through a register. */
static bool follows_call(uintptr_t word)
{
    const unsigned char *end = (const unsigned char *)word;
    enum { NEAR = 5, NEAR_OPCODE = 0xe8, INDIRECT = 2, INDIRECT_OPCODE = 0xff };
    if (word < (uintptr_t)__executable_start + NEAR || word > (uintptr_t)etext)
        return false;
    return end[-NEAR] == NEAR_OPCODE || (end[-INDIRECT] == INDIRECT_OPCODE && (end[-1] & 0xf8u) == 0xd0u);
}

/* Words of other frames, which a sanitizer does not let pass. */
__attribute__((no_sanitize("address"))) uint32_t port_calls(const void *frame, struct port_call *calls, uint32_t most)
{
    const uintptr_t *words = frame, *end = port_stack_end(frame);
    uint32_t found = 0;
    for (uint32_t at = 0; at < LOOK_AT && found < most && words + at < end; at++)
        if (follows_call(words[at]))
            calls[found++] = (struct port_call){.address = words[at], .at = at};
    return found;
}

extern void *__libc_stack_end;

const void *port_stack_end(const void *frame)
{
    (void)frame;
    return __libc_stack_end;
}

#endif
