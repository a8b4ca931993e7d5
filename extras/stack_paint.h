/* stack_paint.h: how deep a stack has been: what is below it is painted, and what has lost its paint
 * later has been used.
 *
 * A unit that a firmware may link; nothing else needs it. It has no data of its own, and uses neither
 * the heap nor the C library.
 *
 *     stack_paint(stack_range_main());                       early in main()
 *     ...
 *     size_t left = stack_use(stack_range_main()).unused;    at any time
 *
 * The answer is a lower bound. Not seen are: what was used before the painting, the words below the
 * deepest one that was written (a frame that is reserved, but whose lower end stays untouched), a word
 * that was written with the pattern, and a path that the firmware has not yet taken.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_STACK_PAINT_H
#define CAIRN_STACK_PAINT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The paint, a word that a firmware hardly ever writes. FreeRTOS fills the stacks of its tasks with the
 * same byte, where it fills them: those can be read as they are. */
#ifndef STACK_PAINT_WORD
#define STACK_PAINT_WORD 0xA5A5A5A5u
#endif

/* The memory kept for a stack, that of a task for example. Only whole words of it are painted and
 * counted. No bytes: no stack. */
struct stack_range {
    void *low; /* the lowest byte */
    size_t bytes;
};

struct stack_use {
    size_t deepest; /* bytes from the end of the range down to the lowest word that was written */
    size_t unused;  /* bytes below that; 0 also if the stack was not painted */
};

/* The main stack, by the linker script's symbols: stack_paint.c has the table. No bytes if there are
 * none, if the main stack pointer is not between them, or if the caller is unprivileged and so cannot
 * see it. */
struct stack_range stack_range_main(void);

/* Paint the range, but not what is in use: a stack pointer that lies in it, the main or the process
 * one, ends the painting. Painting again starts the measure afresh.
 *
 * Time     linear: 3 instructions a word, interrupts enabled.
 * Context  thread or interrupt. The stack of a task that is not running has its pointer elsewhere: paint
 *          that before the task is made.
 * Guard    what stack_guard_start() has guarded is left alone, here and by stack_use(). Where other code
 *          guards the low end of a stack by the MPU, begin the range above that. */
void stack_paint(struct stack_range range);

/* The use of a painted range, up to now, interrupts included. `deepest` + `unused` are the range, less
 * what is guarded.
 *
 * Time     linear in `unused`: 6 instructions a word, interrupts enabled.
 * Context  any. */
struct stack_use stack_use(struct stack_range range);

#ifdef __cplusplus
}
#endif

#endif
