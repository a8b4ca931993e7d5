/* damage.h: every way in which a stray write of the program can reach the metadata of the scene's heap,
 * and some in which it can not.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DAMAGE_H
#define DAMAGE_H

#include "scene.h"

enum damage_kind {
    /* A free block */
    LINK_OR_CHECK,  /* a bit or all of `next` or `check` */
    TAIL,           /* a bit or all of `tail` */
    PREV,           /* a bit or all of `prev` */
    START_OF_FREE,  /* 1 to 16 bytes at its start */
    END_OF_FREE,    /* 1 to 16 bytes at its end */
    FORGED_LINK,    /* `next` and `check`, so that they agree */
    MIDDLE_OF_FREE, /* where nothing is kept */
    FREE_BLOCK_KINDS,

    /* What stands past the end of a live block, or before its start, unless it is a free one */
    INTO_SLACK = FREE_BLOCK_KINDS,
    INTO_LIVE_ABOVE,
    INTO_LIVE_BELOW,
    INTO_RESERVED,
    ABOVE_THE_TOP,
    LIVE_BLOCK_KINDS,

    /* The control data */
    INTO_BINS = LIVE_BLOCK_KINDS, /* 1 to 16 bytes before the first block */
    INTO_MAP,                     /* 1 to 16 bytes at the heap's start */
    BOUND_BITS,
    USED_BITS,
    MAP_WORD,
    USED_COUNT,
    NONEMPTY,
    BIN,
    TOP,
    LIMIT,
    DAMAGE_KINDS
};

enum { DAMAGE_LENGTH = 16 };

struct damage {
    enum damage_kind kind;
    unsigned block; /* its number in the scene's free blocks; of the one that overruns, in scene_live */
    char *at;
    size_t length;
    unsigned char bytes[DAMAGE_LENGTH];
};

/* Call visit() for each damage to the scene as it stands. Every one changes something. */
void damage_each(void (*visit)(const struct damage *damage));

void damage_apply(const struct damage *damage);

#endif
