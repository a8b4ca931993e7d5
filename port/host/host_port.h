/* host_port.h: what the host's test port shows to tests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_HOST_PORT_H
#define CAIRN_HOST_PORT_H

/* The system heap's region. Another one may be set before the first request. */
extern char *host_heap_start, *host_heap_limit;

/* How often the lock is held now, and how often it was taken. */
extern unsigned host_lock_depth, host_lock_count;

/* An interrupt that waits for the lock: called when it is released. NULL: none waits. */
extern void (*host_interrupt)(void);

#endif
