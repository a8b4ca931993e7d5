/* beside.h: the memory of the firmware of tests/flags/family.c: a heap region with painted memory on both sides,
 * copying and clearing that know whether the lock is held, and an end for a call that has none.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BESIDE_H
#define BESIDE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the system heap's region; a Cortex-M0 has little RAM. */
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define BESIDE_REGION 8192
#else
#define BESIDE_REGION 65536
#endif
#define BESIDE_TEXT(x) BESIDE_TEXT_OF(x)
#define BESIDE_TEXT_OF(x) #x

/* Fill the region, and the memory on both sides of it, with what is not 0. */
void beside_paint(void);

/* Is the memory on both sides as it was filled? */
bool beside_is_untouched(void);

/* Does `p` lie in the region? */
bool beside_holds(const void *p);

/* Calls of memset(), memcpy() and memmove(), by any of their names, with interrupts disabled. */
unsigned long beside_locked_calls(void);

/* From here on the firmware has a few minutes of its own time. */
void beside_watch_time(void);

#endif
