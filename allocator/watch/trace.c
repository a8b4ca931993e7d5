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
 * Words have the size of an address.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

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

void trace_record(const struct watched_call *call)
{
    uintptr_t words[5];
    uint32_t count = 0;
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

#endif
