/* matrix.h: what the parts of the matrix share: its rows, and the outcomes that they count.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MATRIX_H
#define MATRIX_H

#include "damage.h"
#include "operation.h"

enum outcome {
    AT_ONCE,     /* the operation ended in cairn_fatal() */
    BY_CHECK,    /* it did not, but cairn_check() would have told, if asked before; no live block is harmed */
    TOO_LATE,    /* the same, and one is harmed, or given out again */
    LATER,       /* cairn_check() would not have told, but a free ends in cairn_fatal(), and nothing is harmed */
    HARMLESS,    /* nothing is harmed, all can be freed, and cairn_check() finds nothing */
    NOT_FOUND,   /* none of these */
    WENT_ASTRAY, /* an access outside the heap was stopped, here or when all is freed */
    NEVER_ENDED,
    OUTCOMES
};

/* What a row is about: a kind of damage, or of a pointer that is no live block's. */
enum pointer_kind {
    JUST_FREED = DAMAGE_KINDS,
    GIVEN_AGAIN, /* freed, and another caller's since */
    IN_FREE,
    IN_LIVE,
    IN_RESERVED,
    IN_CONTROL,
    OVER_THE_TOP,
    ELSEWHERE,
    SUBJECTS
};

/* What is done next. */
enum act {
    BELOW_IS_FREED, /* of a damaged free block: the block below it */
    BELOW_IS_RESIZED,
    IS_TAKEN,
    ABOVE_IS_FREED,
    ABOVE_IS_RESIZED,
    IS_LOOKED_AT, /* it stays free, and as large as it is */
    OWN_USE,      /* the block that overran is freed or resized */
    ITS_USE,      /* the block that was written into is */
    READS_IT,
    INSPECTION,
    TO_FREE,
    TO_REALLOC,
    TO_USABLE_SIZE,
    ACTS
};

extern const struct scene *matrix_scene;

/* Count a try; and print it, if each is printed. `at` is a place in the heap. */
void matrix_count(unsigned subject, enum act act, enum outcome outcome, const void *at);

/* The outcome of what should not return. */
enum outcome matrix_outcome(enum ending ending);

/* Try one of `every` damages to the scene, with every operation. False if an operation does not even go
 * well on the sound heap: then nothing here means anything. */
bool try_damages(unsigned every);

/* Give pointers that are no live block's to every function that takes one. */
void try_pointers(unsigned every);

#endif
