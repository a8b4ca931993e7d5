/* port.h: all that the heap needs from the machine. A port defines every function and symbol here;
 * one that is missing is a link error.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PORT_H
#define CAIRN_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Keep every other user of the system heap out, interrupts included, and restore what was found.
 * Nests: the state is the caller's, and unlocking never enables what locking found disabled.
 * The heap holds the lock for a bounded number of instructions, and never while it copies or
 * clears memory.
 * Context  thread or interrupt. */
#ifdef CAIRN_CONFIG_HEADER
#include CAIRN_CONFIG_HEADER /* which may name the port's header */
#endif
#ifdef CAIRN_LOCK_HEADER
#error "CAIRN_LOCK_HEADER is no option: it is called CAIRN_PORT_HEADER"
#endif
#if !defined(CAIRN_PORT_HEADER) && defined(CAIRN_PORT_DEFAULT)
#define CAIRN_PORT_HEADER CAIRN_PORT_DEFAULT
#endif
#ifdef CAIRN_PORT_HEADER
#include CAIRN_PORT_HEADER /* defines both inline, and the macros below where their defaults are wrong */
#else
uint32_t port_lock(void);
void port_unlock(uint32_t state);
#endif

/* Whether the lock, which is held, holds interrupts back; the start asks once. The port's header may define it. */
#ifndef PORT_LOCK_HOLDS
#define PORT_LOCK_HOLDS() 1
#endif

/* The range that sbrk() moves in: from start up to, not including, limit. Neither has to be
 * aligned; a start that is not below the limit means that there is no memory. Constant. A port that
 * finds no range does not return from port_heap_limit(): it calls cairn_fatal(CAIRN_NO_HEAP, NULL), with
 * the start in place of NULL if it has found that. */
char *port_heap_start(void);
char *port_heap_limit(void);

/* Is every byte of that range 0 until it is first written? Then the start has nothing to clear.
 * The port's header may define it as 1. */
#ifndef PORT_MEMORY_IS_CLEAR
#define PORT_MEMORY_IS_CLEAR 0
#endif

/* ---- Who called: with CAIRN_TRACE_STACK or CAIRN_SITES_STACK ----------------------------------------- */

/* A word on the stack that a call may have left: where that returns to, and words from the frame to it, 255 at most. */
struct port_call {
    uintptr_t address;
    uint32_t at;
};

/* Find words on the stack that follow a call in the firmware's code, from `frame` up: the stack pointer that a function
 * was called with. Some may be left over from calls that have returned.
 * Returns  how many it wrote to `calls`, `most` at most, the nearest first.
 * Time     bounded, whatever the stack holds.
 * Context  thread or interrupt, with or without the lock. In an interrupt it stops where that began. */
uint32_t port_calls(const void *frame, struct port_call *calls, uint32_t most);

/* The end of the stack that `frame` lies in, or any address below it that is above `frame` or equal: all memory
 * between can be read. port/cortex-m has one that takes what the vector table says of the main stack. */
const void *port_stack_end(const void *frame);

/* ---- With CAIRN_TRACE_TIME and CAIRN_TRACE_TASK only: extras/ has some, by clock and by kernel ------ */

/* A time stamp, in the firmware's own unit, modulo 2^32.
 * Context  thread or interrupt, with or without the lock. */
uint32_t port_time(void);

/* What runs: a task's address; the exception's number, below PORT_EXCEPTIONS, in an interrupt; 0 if no task does.
 * Context  thread or interrupt, with or without the lock. */
enum { PORT_EXCEPTIONS = 512 };
uintptr_t port_task(void);

/* The name of a task that port_task() returned, to its first 0; NULL if it has none. */
const char *port_task_name(uintptr_t task);

#endif
