/* picture.h: a heap drawn as text. "m4 .13 p2" is a block of 4 granules, a free one of 13, and a block of
 * 2, in the order of their addresses. A picture is drawn into an empty heap, or compared with a heap.
 *
 *     m  a block that stays as it is
 *     p  the block that is passed to what is tested; afterwards, the one that it has returned
 *     h  a block that the interrupt frees
 *     g  a block that the interrupt makes twice as large
 *     s  a block that the interrupt makes half as large
 *     .  a free block
 *     x  a free block; the interrupt asks for just as much
 *     f  a block so large that this number of granules is left above it
 *     a  a block so large that the next one begins this number of granules past a multiple of 8
 *     v  bytes, not granules, that a caller of sbrk() has taken; the last of all
 *
 * Free blocks come into their bins from left to right: the last one is the head of its bin. In a
 * comparison only used, free and reserved blocks are told apart, and f, a and v have any size.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stddef.h>

/* A block, and what was written to it. */
struct drawn {
    char kind;
    char *p; /* NULL: it is free */
    size_t size;
    unsigned seed;
};

/* All blocks that anybody holds, those of the picture first; there is room for a few more. */
enum { PICTURE_BLOCKS = 10 };
struct picture {
    struct drawn blocks[PICTURE_BLOCKS];
    unsigned count;
};
extern struct picture picture;

/* Draw it into the system heap, which is empty. False if a request was refused. All that is free is
 * as it was each time, since a path may depend on what lies below a block. */
bool picture_draw(const char *text);

/* The first block of this kind; NULL if there is none. */
struct drawn *picture_find(char kind);

/* One more block, not yet taken. */
struct drawn *picture_add(char kind);

/* These bytes are the block's: fill them. */
void drawn_set(struct drawn *block, void *p, size_t size);

/* Are the bytes at `p` those of the block, as far as it went if it was smaller than `size`? */
bool drawn_in(const struct drawn *block, const void *p, size_t size);

/* Are the contents of every block as they were written? */
bool picture_intact(void);

/* Bytes that the heap has given for all blocks. */
size_t picture_bytes(void);

/* Free all of them. */
void picture_free(void);

/* Does the system heap look like this, with p where p is? */
bool picture_shows(const char *text);

#endif
