/* account.h: which interrupts came where, on the way through a path, and a table of that.
 *
 * Where interrupts are masked, one that is due waits, and comes right after the unlock. So the places
 * after a path's instructions are of two kinds: open, if the interrupt that is due there comes there;
 * held, if it comes further on. All that are held by one lock come at the same place, where the unlock
 * ends, and which is open itself. Hence
 *
 *     instructions of the path = open + held        different places of interrupts = open
 *
 * and as many different return addresses, except in loops.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdint.h>

/* Of all paths so far. */
struct totals {
    unsigned paths, open, held, locks;
    unsigned interrupts; /* the further rounds' too */
};
extern struct totals account_totals;

/* Begin with a path. */
void account_begin(void);

/* Enter the interrupt that was due after the k-th instruction. Returns what is wrong; NULL if nothing
 * is. */
const char *account_enter(unsigned k);

/* The path is complete, and has this many instructions. Returns what is wrong; NULL if nothing is. */
const char *account_close(unsigned instructions);

/* The table: its heading; the path's name, which is written first, so that it precedes whatever
 * ends the run; and the rest of the row, which adds the path to the totals. */
void account_heading(void);
void account_name(const char *name);
void account_row(void);

#endif
