/* path.h: one way through one function of the malloc family, interrupted after each of its instructions
 * in turn, on a heap that is drawn anew each time.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome {
    TAKES,   /* returns a block of `size` bytes; if there was a p, that one, with its contents */
    REFUSES, /* returns NULL with ENOMEM; all is as it was */
    FREES,   /* p is free */
    TELLS,   /* returns `size`; all is as it was */
    LOOKS,   /* all is as it was */
    RAISES,  /* returns where `size` bytes begin that are not the heap's */
    LOWERS   /* v is the heap's again; or it is refused, as there may be a block above */
};

/* Arguments that are not known in advance: p, and where a pointer or a structure is to be stored. */
#define ARGUMENT_P ((uintptr_t)-101)
#define ARGUMENT_PLACE ((uintptr_t)-102)

struct path {
    const char *name;
    const char *before, *after; /* pictures of the heap, where no interrupt comes */
    void (*function)(void);
    uintptr_t arguments[3];
    enum outcome outcome;
    size_t size;
};

/* Learn what the system heap is like now that it is empty. */
void path_learn(void);

/* Called before each picture is drawn; or NULL. */
extern void (*path_prepare)(void);

/* Interrupt the path after each of its instructions, in as many rounds as the interrupt has deeds. After
 * each interrupt the result, the heap, and all contents must be as they should; and once all is freed, an
 * empty heap as it was learnt, its control data bit for bit. Prints a row about the path; or returns
 * false, with a comment that says where, and what was wrong. */
bool path_step(const struct path *path);

#endif
