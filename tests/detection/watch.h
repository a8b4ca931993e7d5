/* watch.h: an operation of a heap is run while each of its loads and stores is seen. One that leaves
 * the heap's memory ends the run before it is made, and so does one too many.
 *
 * SPDX-License-Identifier: MIT */
#ifndef WATCH_H
#define WATCH_H

#include "cairn.h"

#include <stddef.h>

/* How an operation ended. */
enum ending {
    RETURNED,
    FATAL,  /* in cairn_fatal() */
    ASTRAY, /* it was about to touch memory that is not the heap's */
    ENDLESS /* it went on for longer than any operation may */
};

/* The heap's memory: all that an operation may touch, besides its stack and the allocator's own state. */
void watch_memory(void *memory, size_t size);

/* Loads and stores that are allowed to one call, and to one that is as long as the heap. At level 2 each byte
 * that is given out is looked at. */
enum { WATCH_OPERATION = CAIRN_CHECK == 2 ? 20000 : 1000, WATCH_WALK = 200000 };

/* The allocator's own state, outside of any heap: WATCH_STATE bytes at most (tests/mk/detection.mk). */
enum { WATCH_STATE = 512 };
#define watch_state __start_allocator_state
extern char __start_allocator_state[], __stop_allocator_state[];
size_t watch_state_size(void);

/* Run action(heap, context), for `most` loads and stores at most. */
enum ending watch(void (*action)(struct cairn_heap *, void *), struct cairn_heap *heap, void *context, unsigned most);

/* Mark in `read` every byte of the heap's memory that is loaded, from here on; NULL: no more. */
void watch_reads(unsigned char *read);

#endif
