/* states.h: the states found, each once, in the order in which they were found: the queue of a search
 * by breadth, and the set that it searches, are one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_STATES_H
#define EXHAUSTIVE_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A state's place in the queue. */
typedef uint32_t place_t;
#define NO_PLACE UINT32_MAX

/* Forget all. */
void states_clear(void);

/* A packed state of `length` bytes that will soon be asked for, by the number that this gives: the table
 * is larger than the caches, and meanwhile it comes. */
uint32_t states_expect(const uint8_t *packed, unsigned length);

/* Is the state there? */
bool states_have(const uint8_t *packed, unsigned length, uint32_t expected);

/* Add the state, which is not there; `from` is the one before it. */
void states_add(const uint8_t *packed, unsigned length, uint32_t expected, place_t from);

/* The state at *place, which moves on to the next one; NULL at the end. */
const uint8_t *states_next(place_t *place, unsigned *length);

/* The state at `place`, and the one before it: NO_PLACE for the first. */
const uint8_t *states_at(place_t place, unsigned *length, place_t *from);

/* One past the last place; how many states there are. */
place_t states_end(void);
uint32_t states_count(void);

#endif
