/* trace_event.h: a record of the heap's trace as what it does: a block begins, ends, or both. For carriers to tools that
 * have events of their own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_TRACE_EVENT_H
#define CAIRN_TRACE_EVENT_H

#include <stddef.h>
#include <stdint.h>

struct trace_event {
    const void *caller;
    void *ended, *begun; /* blocks; NULL if none does */
    size_t size;         /* bytes, of the one that begins, or of a request that was refused */
};

static inline struct trace_event trace_event(const uintptr_t *words)
{
    enum { KIND = 7, REALLOC = 3, FREE = 4, CONTEXT = 6, SKIP_AT = 3, SKIP = 31 };
    if ((words[0] & KIND) == CONTEXT)
        words += 1 + (words[0] >> SKIP_AT & SKIP);
    uintptr_t kind = words[0] & KIND, p = words[2];
    struct trace_event event = {.caller = (const void *)words[1]};
    if (kind != FREE) {
        event.size = words[3];
        event.begun = (void *)(kind == REALLOC ? words[4] : p);
    }
    if (kind == FREE || (kind == REALLOC && event.begun != NULL))
        event.ended = (void *)p;
    return event;
}

#endif
