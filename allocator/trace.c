/* trace.c: a record of each call of the system heap, for whoever carries it to a host.
 *
 * A record is 3 to 6 words: first what it is and its number, so that records that were lost, or came
 * out of order, are known. The number is taken with the lock held, in the order in which the heap
 * changed; the record is given to cairn_trace() without it.
 *
 *     word 0   bits 0 to 2 kind (enum watched_kind), 3 to 7 alignment as a power of two, 0 if none was
 *              asked for, 8 to 31 the record's number
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

void trace_record(const struct watched_call *call)
{
    uintptr_t words[5];
    uint32_t count = 0;
    uint32_t power = call->alignment != 0 ? 31u - bits_leading_zeros((uint32_t)call->alignment) : 0;
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
