/* port.h: all that the heap needs from the machine. A port defines every function and symbol here;
 * one that is missing is a link error.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PORT_H
#define CAIRN_PORT_H

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

#endif
