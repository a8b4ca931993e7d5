/* kernel.h: what tests ask the stand-in for the kernel.
 *
 * SPDX-License-Identifier: MIT */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>

/* Does any lock keep interrupts out? */
bool kernel_masked(void);

/* How many times vTaskSuspendAll() was called and not taken back; and how many times at all. */
extern unsigned kernel_suspended, kernel_suspensions;

/* How many times configASSERT() did not hold. */
extern unsigned kernel_failed_assertions;
void kernel_assert(bool holds);

#endif
