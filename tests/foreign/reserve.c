/* reserve.c: what the startup code of the nRF5 SDK reserves: heap and stack, as sections.
 *
 * SPDX-License-Identifier: MIT */
extern char reserved_heap[], reserved_stack[];

__attribute__((section(".heap"), aligned(4))) char reserved_heap[12000];
__attribute__((section(".stack"), aligned(8))) char reserved_stack[4096];
