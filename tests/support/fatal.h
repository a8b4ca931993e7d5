/* fatal.h: the cairn_fatal() of tests: a misuse that is expected, with its reason and address, ends
 * the run well; or goes on elsewhere, for tests that try many. Any other one is a failure.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FATAL_H
#define FATAL_H

#include "cairn.h"

#include <stdbool.h>

/* From here on the run is to end in cairn_fatal(reason, address), which is then the result of the
 * test `name`: the only one in its program. Prints the plan. */
void expect_fatal(const char *name, enum cairn_reason reason, const void *address);

/* The misuse came back. Returns the status to leave main() with. */
int fatal_missed(void);

/* Does action(heap, p) end in cairn_fatal()? The heap is a private one that is thrown away then.
 * What it said is left in fatal_reason and fatal_address, and whether the lock was held in fatal_locked. */
bool is_fatal(void (*action)(struct cairn_heap *heap, void *p), struct cairn_heap *heap, void *p);
extern enum cairn_reason fatal_reason;
extern const void *fatal_address;
extern bool fatal_locked;

#endif
