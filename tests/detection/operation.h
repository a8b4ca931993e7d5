/* operation.h: the calls that a program could make next, one by one, and whether a heap that has served
 * one is as it should be.
 *
 * SPDX-License-Identifier: MIT */
#ifndef OPERATION_H
#define OPERATION_H

#include "scene.h"
#include "watch.h"

enum verb {
    FREE,
    REALLOC,
    USABLE_SIZE,
    MALLOC, /* `times` over, until one is refused */
    CALLOC,
    ALIGNED_ALLOC,
    SBRK
};

struct operation {
    enum verb verb;
    unsigned block; /* in scene_live: of free, realloc, usable_size */
    size_t size;
    unsigned times; /* of malloc */
};

enum { OPERATIONS = 600 };

/* What can be done next in the scene as it is. Returns how many. */
unsigned operation_list(struct operation list[OPERATIONS]);

/* Did a resize that returned leave the block as it was, because there was no room? */
bool operation_was_refused(const struct operation *operation);

/* Do it, watched. */
enum ending operation_run(const struct operation *operation);

/* What an operation that has returned leads to: all is freed, and each block is looked at before. */
enum fate {
    GOES_WELL,    /* all was what it should be, and cairn_check() finds nothing now or in the end */
    GOES_UNSOUND, /* all was what it should be, except for cairn_check() */
    GOES_FATAL,   /* all was what it should be, until a free ended in cairn_fatal() */
    GOES_WRONG,   /* what it returned is no new block, or a live block is not what it was */
    GOES_ASTRAY,
    GOES_ON
};
enum fate operation_fate(const struct operation *operation);

/* cairn_check(), watched, its answer in *answer. */
enum ending watched_check(int *answer);

#endif
