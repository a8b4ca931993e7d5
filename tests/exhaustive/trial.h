/* trial.h: a real heap, in memory of its own, that is put into any state and given one call at a time.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_TRIAL_H
#define EXHAUSTIVE_TRIAL_H

#include "image.h"
#include "model.h"
#include "subject.h"

#include <setjmp.h>

struct trial {
    const struct subject *subject;
    struct frame frame;
    struct place place;
    struct cairn_heap *heap;
    uint8_t *memory; /* the heap's, and of `size` bytes */
    size_t size;
    uint8_t *saved; /* as `memory` was before the call, with the margin above it */
    struct state state;
};

/* Bytes above the heap's memory that must stay as they are. Below it is a page that cannot even be read. */
enum { MARGIN = 64 };

/* Make a fresh heap of `capacity` granules. False if that is not possible. */
bool trial_begin(struct trial *trial, const struct subject *subject, unsigned capacity);

/* Put the heap into `state`. Live blocks are full of bytes that depend on their place; if they are to `lie`, their last
 * ones claim to be the tail of a free block. trial_restore() undoes what has happened since. */
void trial_put(struct trial *trial, const struct state *state, bool lie);
void trial_restore(const struct trial *trial);

/* Make the call. Returns what it has returned; a free returns NULL. */
void *trial_call(const struct trial *trial, const struct call *call);

/* The same, where it may end in cairn_fatal() or a crash: false if it does. */
bool trial_survives(const struct trial *trial, const struct call *call, void **given);

/* The first byte of granule `at`, now and as saved. */
uint8_t *trial_bytes(const struct trial *trial, unsigned at);
const uint8_t *trial_saved(const struct trial *trial, unsigned at);

/* Is every byte as it was before the call, those above the heap's memory and outside of it included? */
bool trial_unchanged(const struct trial *trial);

/* Are the bytes above the heap's memory as they were? */
bool trial_margin_kept(const struct trial *trial);

/* Where cairn_fatal() and a crash lead while it is set, with what they said in the two below. */
extern sigjmp_buf *trial_catcher;
extern enum cairn_reason trial_reason; /* 0: a signal */
extern const void *trial_address;
void trial_catch_signals(void);

#endif
