/* model.h: what a program knows of its memory: which blocks it has, where, and what they hold. And
 * whether heaps agree.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MODEL_H
#define MODEL_H

#include "fuzz.h"

/* A heap that the program has, and the memory that it was given. */
enum home_kind { SYSTEM, REGION, PRIVATE };

struct home {
    enum home_kind kind;
    char *start, *end;
    struct cairn_heap *heap; /* of the system heap: NULL until it has started */
    uint32_t attributes;
    struct cairn_place place; /* of the check in steps, a few after each call */
};

enum { HOMES = 8, BLOCKS = 40, FOREIGN = 64 };
extern struct home homes[HOMES];
extern unsigned home_count;

struct block {
    char *p; /* NULL: none */
    size_t size, usable;
    unsigned seed;
    struct home *home;
};
extern struct block blocks[BLOCKS];

/* Nothing is known; the system heap is to be in this range. */
void model_start(char *system_start, char *system_end);

struct home *model_add_home(struct home home);

/* A new block in `block`: `p` was returned. Requires that it is where no other is, and aligned. Fills it. */
void model_add(struct block *block, void *p, size_t size, size_t usable);

/* Requires that the first bytes of the block, at `p`, are as they were filled. */
void model_require_filled(const struct block *block, const void *p, size_t size);

/* The break is at `now`. Is it sure that it can move by `increment`? */
bool model_break_must_move(const char *now, ptrdiff_t increment);

/* `old` is what sbrk(increment) returned: not (void *)-1. */
void model_moved_break(char *old, ptrdiff_t increment);

/* Requires that all heaps are sound and hold what is known, and no byte of any block has changed. */
void model_require_all(void);

/* Between these two nothing may change: no byte of any heap's memory. */
void model_remember(void);
void model_require_unchanged(void);

#endif
