/* subject.h: a heap to explore: a private one, or the system heap with its break.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_SUBJECT_H
#define EXHAUSTIVE_SUBJECT_H

#include "cairn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct subject {
    /* Make a heap of `size` bytes at `memory`; for the system heap, with its break's limit `spare`
     * bytes further up. NULL if there is no room for one. */
    struct cairn_heap *(*begin)(uint8_t *memory, size_t size, size_t spare);

    void *(*take)(size_t size);
    void *(*take_cleared)(size_t count, size_t size);
    void *(*take_aligned)(size_t alignment, size_t size);
    void *(*resize)(void *p, size_t size);
    void (*release)(void *p);
    size_t (*usable)(void *p);
    void *(*move_break)(ptrdiff_t increment);

    /* What is kept outside of the heap's memory. */
    void *outside;
    size_t outside_size;

    /* Where the others' newest block is: from `start` up to `end`, with the break at `brk`. If it does not
     * exist any more, the two are the same; then get_others() gives NULL for all. */
    void (*put_others)(uint8_t *start, uint8_t *end, uint8_t *brk);
    void (*get_others)(uint8_t **start, uint8_t **end, uint8_t **brk);

    /* Before each call; and after it: NULL, or what it has left undone. */
    void (*before)(void);
    const char *(*after)(bool refused);
};

extern const struct subject private_heap, system_heap;

#endif
