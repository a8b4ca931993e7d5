/* reserve_stack.c: a stack's size, as startup code that follows CMSIS gives it: as a section, without one for the heap.
 *
 * SPDX-License-Identifier: MIT */
extern char reserved_stack[];

__attribute__((section(".stack"), aligned(8))) char reserved_stack[4096];
