/* trace.c: a record of each call of the system heap, for a unit that carries it to a host.
 *
 * A record is 3 to 5 words: first what it is and its number, so that records that were lost, or came
 * out of order, are known. The number is taken under the lock under which the heap changes, so that numbers
 * are in the order of the changes; the record is given to cairn_trace() without the lock. One call has two
 * changes: realloc() that moves a block takes its number where the new place is taken, and frees the old one
 * later, when the bytes are copied. Calls of interrupts or of other tasks that came in between have higher
 * numbers, and did not find the old place free.
 *
 *     word 0   bits 0 to 2 kind (enum watched_kind), 3 to 7 alignment as a power of two, 0 if none was
 *              asked for, 31 for 2^31 and more, 8 to 31 the record's number
 *     word 1   caller
 *     word 2   pointer: returned; or freed or resized
 *     word 3   size; not of free
 *     word 4   pointer returned; of realloc alone
 *
 * With CAIRN_TRACE_STACK, CAIRN_TRACE_TIME or CAIRN_TRACE_TASK a context comes before it, in the same call of
 * cairn_trace(). It has no number: it belongs to the record that follows.
 *
 *     word 0      bits 0 to 2: 6, 3 to 7 how many words follow, 8 the time is there, 9 the task, 10 the task's name
 *     time        what port_time() said
 *     task        what port_task() said
 *     name        4 words: up to 16 bytes of it, filled up with 0, the first byte the lowest one; when the task is
 *                 another one than in the last record that had one
 *     calls       the rest, n + (n + 3) / 4 words: n return addresses that port_calls() found, the nearest first; then
 *                 for each a byte, the lowest one first: words on the stack from the caller's frame to it
 *
 * Words have the size of an address.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/layout.h"
#include "port.h"

#if CAIRN_TRACE

static uint32_t number;

uint32_t trace_number(void)
{
    return number++;
}

#define MOST_POWER 31u /* that a record holds */

static uint32_t power_of(size_t alignment)
{
    if (alignment >> MOST_POWER != 0)
        return MOST_POWER;
    return alignment != 0 ? MOST_POWER - bits_leading_zeros((uint32_t)alignment) : 0;
}

/* ---- Contexts ---------------------------------------------------------------------------------- */

#if CAIRN_TRACE_CONTEXT

enum { CONTEXT = 6, HAS_TIME = 1 << 8, HAS_TASK = 1 << 9, HAS_NAME = 1 << 10, COUNT_AT = 3 };

#if CAIRN_TRACE_TASK

enum { NAME_WORDS = 4, BYTES_IN_WORD = 4 };

static uint32_t write_name(const char *name, uintptr_t *words)
{
    bool ended = name == NULL;
    for (uint32_t i = 0; i < NAME_WORDS; i++) {
        words[i] = 0;
        for (uint32_t k = 0; k < BYTES_IN_WORD; k++) {
            ended = ended || *name == '\0';
            words[i] |= ended ? 0 : (uintptr_t)(unsigned char)*name++ << 8 * k;
        }
    }
    return NAME_WORDS;
}

/* The task; its name as well when it is another one. An interrupt between question and note repeats a name, or leaves it
 * to the next record. */
static uint32_t write_task(uintptr_t *words, uintptr_t *flags)
{
    static uintptr_t last;
    uint32_t count = 0;
    uintptr_t task = port_task();
    words[count++] = task;
    *flags |= HAS_TASK;
    if (task >= PORT_EXCEPTIONS && task != last) {
        last = task;
        count += write_name(port_task_name(task), words + count);
        *flags |= HAS_NAME;
    }
    return count;
}

#endif
#if CAIRN_TRACE_STACK > 0

static uint32_t write_calls(const void *frame, uintptr_t *words)
{
    struct port_call calls[CAIRN_TRACE_STACK];
    uint32_t found = port_calls(frame, calls, CAIRN_TRACE_STACK);
    uint32_t count = found + (found + 3u) / 4u;
    for (uint32_t i = found; i < count; i++)
        words[i] = 0;
    for (uint32_t i = 0; i < found; i++) {
        words[i] = calls[i].address;
        words[found + i / 4u] |= (uintptr_t)(calls[i].at & 0xffu) << 8 * (i % 4u);
    }
    return count;
}

#endif

/* Returns how many words it has written. */
static uint32_t write_context(const struct watched_call *call, uintptr_t *words)
{
    uint32_t count = 1;
    uintptr_t flags = CONTEXT;
    (void)call;
#if CAIRN_TRACE_TIME
    words[count++] = port_time();
    flags |= HAS_TIME;
#endif
#if CAIRN_TRACE_TASK
    count += write_task(words + count, &flags);
#endif
#if CAIRN_TRACE_STACK > 0
    count += write_calls(call->frame, words + count);
#endif
    words[0] = flags | (count - 1u) << COUNT_AT;
    return count;
}

#else

static uint32_t write_context(const struct watched_call *call, uintptr_t *words)
{
    (void)call, (void)words;
    return 0;
}

#endif

/* ---- Records ----------------------------------------------------------------------------------- */

void trace_record(const struct watched_call *call)
{
    uintptr_t words[CAIRN_TRACE_MOST];
    uint32_t count = write_context(call, words);
    uint32_t power = power_of(call->alignment);
    words[count++] = (uintptr_t)((uint32_t)call->kind | power << 3 | call->number << 8);
    words[count++] = (uintptr_t)call->caller;
    words[count++] = (uintptr_t)call->p;
    if (call->kind != WATCHED_FREE)
        words[count++] = call->size;
    if (call->kind == WATCHED_REALLOC)
        words[count++] = (uintptr_t)call->moved;
    cairn_trace(words, count);
}

#if CAIRN_TRACE_STACK > 0
LAYOUT_OF(trace)
{
    LAYOUT("trace.stack", CAIRN_TRACE_STACK);
}
#endif

#endif
