/* clock.h: call a function and interrupt it after its k-th instruction; and count its instructions.
 *
 * By SysTick, or RISC-V's mtime, under QEMU's -icount, where a tick is shorter than an instruction: each instruction has
 * ticks of its own, and a reading of the counter tells it from all others. "After the k-th instruction"
 * counts instructions as they are executed, those of callees and each round of a loop included. One that
 * loads or stores many words is one here; silicon may be interrupted within it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* As many instructions as a call can be stepped through; clock_exact() tries them all. */
enum { CLOCK_REACH = 3000 };

struct call {
    void (*function)(void); /* whatever it takes and returns */
    uintptr_t arguments[3];
    uint32_t left; /* on the counter when it had returned */
};

/* What the interrupt of the last call found. */
struct interruption {
    unsigned count;   /* interrupts that came: one, or none if the function was faster */
    uint32_t address; /* of the instruction that comes next, from the exception frame */
    uint32_t counter; /* the register of its first argument there */
    uint32_t held;    /* instructions that it waited, as interrupts were masked */
};
extern struct interruption clock_interruption;

/* Called from the interrupt; and one that does nothing. */
extern void (*clock_on_interrupt)(void);
void clock_no_interrupt(void);

/* Learn how long an instruction is, first of all. */
void clock_calibrate(void);

/* Does an interrupt due after the k-th instruction come exactly there, for each k that is in reach? Is it
 * known exactly how long one waits? Are instructions counted exactly? */
bool clock_exact(void);

/* Call it without an interrupt; returns what it returned. */
uintptr_t clock_call(struct call *call);

/* Instructions that this took, from the function's first to the one that returned. */
uint32_t clock_count(const struct call *call);

/* Call it, with an interrupt due after its k-th instruction. */
uintptr_t clock_step(struct call *call, uint32_t k);

/* Did the interrupt come right where the function had returned? Then there are no more. */
bool clock_returned(void);

/* ---- By which clock_exact() tries it ---------------------------------------------------------- */

/* Counts its argument down to 0: 2 * argument + 1 instructions, of two bytes each. The argument's register and the
 * address show how many are done. */
void clock_count_down(void);

/* Interrupts are masked after the first instruction, and no longer after the seventh. */
void clock_mask(void);

#endif
