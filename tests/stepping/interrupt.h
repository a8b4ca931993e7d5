/* interrupt.h: what the interrupt does to the heap: it frees, resizes and takes what the picture says;
 * and, whatever the picture, it takes two blocks, resizes one and frees the other.
 *
 * SPDX-License-Identifier: MIT */
#ifndef INTERRUPT_H
#define INTERRUPT_H

void interrupt(void);

/* Which of its deeds comes first: the others follow, and then those before. */
enum { INTERRUPT_DEEDS = 4 };
extern unsigned interrupt_first;

/* Blocks that it found overwritten, and requests that it was refused. */
extern unsigned interrupt_faults, interrupt_refused;

#endif
