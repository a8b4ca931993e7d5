/* model.h: what DESIGN.md says that each call does to a heap: sections 6, 7 and 10 in terms of states.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_MODEL_H
#define EXHAUSTIVE_MODEL_H

#include "state.h"

#include <stddef.h>

/* The heap that is explored, and how far. States beyond the last three are checked, but not gone on from. */
struct bounds {
    unsigned capacity;        /* granules that blocks can have */
    const uint8_t *sizes;     /* requests, in granules, up to a 0; NULL: from 1 to one too many */
    unsigned largest_aligned; /* the largest alignment, in granules */
    unsigned live_most;       /* live blocks */
    unsigned held_most;       /* granules below the top that are not the others' */
    enum {
        NOTHING,
        OTHERS, /* move the break */
        DAMAGE  /* each call is also made where a field was overwritten */
    } besides;
};

enum verb { MALLOC, CALLOC, ALIGNED, REALLOC, RELEASE, SBRK, VERBS };

struct call {
    uint8_t verb;
    uint8_t at;        /* where the block is that the call is about */
    uint8_t n;         /* granules */
    uint8_t alignment; /* granules */
    int16_t increment; /* bytes */
};

/* What the call must give: a block, or for SBRK a break. */
struct outcome {
    bool served;
    unsigned at; /* the block's first granule; the old break in bytes */
};

/* Where the heap lies, as far as calls depend on it. */
struct frame {
    unsigned capacity;    /* granules */
    unsigned phase;       /* the address of granule 0, in granules, modulo a number that all alignments divide */
    unsigned spare_bytes; /* between the last granule and the limit of the break */
};

/* Turn `state` into what it is after the call. */
struct outcome model(const struct frame *frame, struct state *state, const struct call *call);

/* Every call from a state: `each` is called with it until it returns false. */
void model_calls(const struct bounds *bounds, const struct frame *frame, const struct state *state,
                 bool (*each)(void *context, const struct call *call), void *context);

/* Is the state one to go on from? */
bool model_within(const struct bounds *bounds, const struct state *state);

/* For the reader: "realloc(block 3, 5 granules)". */
void call_text(const struct call *call, char *text, size_t room);

#endif
