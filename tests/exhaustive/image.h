/* image.h: how a state lies in memory, by DESIGN.md sections 4 to 6, bit for bit. Shares no code with
 * the heap: it is the second opinion.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_IMAGE_H
#define EXHAUSTIVE_IMAGE_H

#include "state.h"

#include <stddef.h>

/* Where in a heap's memory, in bytes from its start, its parts are. */
struct place {
    size_t handle;
    size_t first;   /* of granule 0 of a state; control data is all below */
    unsigned index; /* the index of that granule */
    unsigned limit; /* the index where the heap ends */
};

/* Write the control data of `state`, and the free blocks' own. All else in `memory` stays. */
void image_write(const struct place *place, const struct state *state, uint8_t *memory);

/* Are all control data, and all that free blocks hold, what image_write() makes of `state`, bit for bit?
 * NULL, or what is not. */
const char *image_compare(const struct place *place, const struct state *state, const uint8_t *memory);

/* Read the state off the map and the rings. NULL if it could be read and image_compare() finds nothing;
 * else what is wrong. Does not read `brk`. Ends, whatever is there. */
const char *image_read(const struct place *place, struct state *state, const uint8_t *memory);

/* Read the blocks off the map alone. NULL, or what is wrong with it. */
const char *image_read_blocks(const struct place *place, struct state *state, const uint8_t *memory);

/* Are there as many tiles and as many bins as the heap needs, and no more: is granule 0 just past them? */
bool image_fits(const struct place *place);

/* What the heap proves before it trusts it, a field of LINK bytes each: all links, the sizes of free blocks, and the
 * limit. `visit` is called for each, with the place in bytes. */
enum field { A_LINK, A_SIZE, A_LIMIT };
void image_fields(const struct place *place, const struct state *state,
                  void (*visit)(void *context, enum field field, size_t at), void *context);

#endif
