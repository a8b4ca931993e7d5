/* port.c: a port for tests on the host: one thread, a region of any size, a lock that counts.
 *
 * SPDX-License-Identifier: MIT */
#include "host_port.h"

#include "port.h"

#include <stddef.h>

char *host_heap_start, *host_heap_limit;
unsigned host_lock_depth, host_lock_count;
void (*host_interrupt)(void);

uint32_t port_lock(void)
{
    host_lock_count++;
    return host_lock_depth++;
}

void port_unlock(uint32_t state)
{
    host_lock_depth = state;
    if (state == 0 && host_interrupt != NULL)
        host_interrupt();
}

char *port_heap_start(void)
{
    return host_heap_start;
}

char *port_heap_limit(void)
{
    return host_heap_limit;
}
