/* explore.h: a search through all states that a heap can reach.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_EXPLORE_H
#define EXHAUSTIVE_EXPLORE_H

#include "model.h"
#include "subject.h"

#include <stdbool.h>
#include <stdint.h>

/* What was found. */
struct found {
    uint32_t states;
    uint64_t edges;
    unsigned depth;    /* calls from the fresh heap to the farthest state */
    uint64_t beyond;   /* edges that led out of the bounds */
    uint32_t large_at; /* where large blocks began: a bit for each granule of a tile */
    uint64_t damaged;  /* calls that found a field overwritten */
};

/* Make every call from every state of a heap, by breadth, and check all that must hold. False, with a
 * report of the shortest way to it, if something does not. */
bool explore(const struct subject *subject, const struct bounds *bounds, struct found *found);

#endif
