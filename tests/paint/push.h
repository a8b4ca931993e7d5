/* push.h: functions that use a known number of bytes of stack, every word of them written.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PUSH_H
#define PUSH_H

#include <stdint.h>

/* Push so many words, one by one, and return the stack pointer as it is then: the address of the lowest
 * word that was written. Uses nothing else; at least one word. */
__attribute__((naked, noinline, unused)) static char *push_words(uint32_t words)
{
    (void)words;
    __asm volatile(".syntax unified\n"
                   "\tmov r1, sp\n"
                   "1:\tpush {r0}\n"
                   "\tsubs r0, r0, #1\n"
                   "\tbne 1b\n"
                   "\tmov r0, sp\n"
                   "\tmov sp, r1\n"
                   "\tbx lr");
}

/* The same by a recursion of so many calls, each of which takes two words. */
__attribute__((naked, noinline, unused)) static char *recurse(uint32_t calls)
{
    (void)calls;
    __asm volatile(".syntax unified\n"
                   "0:\tpush {r0, lr}\n"
                   "\tsubs r0, r0, #1\n"
                   "\tbeq 1f\n"
                   "\tbl 0b\n"
                   "\tpop {r1, pc}\n"
                   "1:\tmov r0, sp\n"
                   "\tpop {r1, pc}");
}

#endif
