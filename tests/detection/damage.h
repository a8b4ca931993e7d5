/* damage.h: every way in which a stray write of the program can reach the metadata of the scene's heap,
 * and some in which it cannot.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DAMAGE_H
#define DAMAGE_H

#include "scene.h"

enum damage_kind {
    /* Free memory */
    NEXT,           /* a bit or all of `next` of a free block */
    PREV,           /* a bit or all of `prev` */
    SIZE,           /* a bit or all of `size` */
    TAIL,           /* a bit or all of `tail` */
    START_OF_FREE,  /* 1 to 16 bytes at its start */
    END_OF_FREE,    /* 1 to 16 bytes at its end */
    BOTH_LINKS,     /* `next` and `prev`, the same number in both */
    BOTH_SIZES,     /* `size` and `tail`, so that they agree */
    MIDDLE_OF_FREE, /* a bit or 1 to 16 bytes where nothing is kept */
    FREE_BLOCK_KINDS,
    NEVER_USED = FREE_BLOCK_KINDS, /* the same above the top */
    FREE_KINDS,

    /* What is past the end of a live block, or before its start */
    ONE_INTO_SLACK = FREE_KINDS, /* one byte */
    INTO_SLACK,                  /* more */
    INTO_FREE_ABOVE,
    INTO_LIVE_ABOVE,
    INTO_LIVE_BELOW,
    INTO_RESERVED,
    PAST_THE_TOP,
    /* What is in a live block, and is kept with it at level 2 */
    LIVE_BYTES,
    CANARY,
    STORED_OWNER,
    STORED_SIZE,
    LIVE_KINDS,

    /* The control data */
    BEFORE_FIRST = LIVE_KINDS, /* 1 to 16 bytes before the first block */
    INTO_MAP,                  /* 1 to 16 bytes at the heap's start */
    BOUND_BITS,
    USED_BITS,
    MAP_WORD,
    USED_COUNT,
    NONEMPTY,
    BIN_NEXT,
    BIN_PREV,
    BIN_REST, /* what a bin does not use, and what must be 0 in it */
    TOP,
    LIMIT,
    LIMIT_AGAIN,
    TWO_FIELDS, /* 32 bits, where fields have 16 */
    ZERO_LINK,  /* a link of a block or a bin, if granule 0 seems to name it back */
    DAMAGE_KINDS
};

/* Bytes in a row at most; an overrun goes through what is kept with the block first. */
enum { DAMAGE_RUN = 16, DAMAGE_LENGTH = DAMAGE_RUN + SCENE_KEPT };

struct damage {
    enum damage_kind kind;
    unsigned block; /* its number in the scene's free blocks; or in scene_live, if it overruns or is overwritten */
    char *at;
    size_t length;
    unsigned char bytes[DAMAGE_LENGTH];
};

/* Call visit() for each damage to the scene as it is. Every one changes something. */
void damage_each(void (*visit)(const struct damage *damage));

/* Live blocks that lose bytes by it are spoiled. Returns whether any of them does. */
bool damage_apply(const struct damage *damage);

/* Does it change a byte of what the live block takes? */
bool damage_reaches(const struct damage *damage, const struct block *live);

#endif
