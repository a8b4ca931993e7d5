/* replay.h: runs a recorded program against malloc, free, calloc, realloc and memalign.
 *
 * Every block is filled, and checked at every realloc and free. What is around it comes from the
 * caller: where blocks are kept, what a call costs, whom to tell.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

#include "trace.h"

struct replay_slot {
    unsigned char *block;
    uint32_t size;
};

struct replay {
    struct trace *trace;
    struct replay_slot *slots;
    uint32_t slot_count;
    bool fill; /* false leaves the contents of blocks alone */
    uint32_t (*now)(void);
    /* After each operation: its kind, what it cost by now(), NULL does not care. */
    void (*done)(void *context, uint32_t op, char kind, uint32_t cost);
    void *context;
    uint32_t stop_after;  /* operations; 0 runs to the end */
    bool stop_at_failure; /* stop at the first request that is not served */
    /* Results. */
    uint32_t ops, failures;
    const char *error; /* NULL if all went well */
};

/* Run the trace to its end, to where it is to stop, or to the first error. A block that was refused
 * leaves its slot empty, or as it was. */
void replay_run(struct replay *replay);

/* Free what is live. */
void replay_clear(struct replay *replay);

#endif
