/* check.h: what must hold in a state, and after a call.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_CHECK_H
#define EXHAUSTIVE_CHECK_H

#include "trial.h"

/* The heap has just been put into its state: do figures, walk and invariants say so, is every pointer
 * that is no live block's refused, and is a fresh heap left when all blocks are freed, from either end?
 * NULL, or what is wrong. */
const char *check_state(struct trial *trial);

/* The call was made and returned `given`; it should have had this outcome, and left this state. Is that
 * one `known`, so that it was checked before, no bit may differ from what was; else all of it is checked.
 * NULL, or what is wrong. */
const char *check_call(const struct trial *trial, const struct call *call, const struct outcome *outcome,
                       const struct state *expected, bool known, const void *given);

/* After a call, are the bytes as they should be: those above the heap, those of all live blocks but the call's own, and
 * those of the `block` that it has returned, if that is not NULL? NULL, or what is wrong. */
const char *check_bytes(const struct trial *trial, const struct call *call, const void *block);

#endif
