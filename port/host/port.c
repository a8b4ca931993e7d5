/* port.c: a port for tests on the host: one thread, a region of any size, a lock that counts and ends the program
 * where it is unlocked by a caller that has not locked it, or is still held at the end.
 *
 * SPDX-License-Identifier: MIT */
#include "host_port.h"

#include "port.h"

#include <assert.h>
#include <stddef.h>

/* As large as a 16-bit index reaches: what the largest board gives. */
enum { REGION = 0x80000 };

static _Alignas(64) char region[REGION];

char *host_heap_start = region, *host_heap_limit = region + REGION;
unsigned host_lock_depth, host_lock_count;
void (*host_interrupt)(void);

uint32_t port_lock(void)
{
    host_lock_count++;
    return host_lock_depth++;
}

void port_unlock(uint32_t state)
{
    assert(host_lock_depth == state + 1u);
    host_lock_depth = state;
    if (state == 0 && host_interrupt != NULL)
        host_interrupt();
}

__attribute__((destructor)) static void lock_is_free_at_the_end(void)
{
    assert(host_lock_depth == 0);
}

char *port_heap_start(void)
{
    return host_heap_start;
}

char *port_heap_limit(void)
{
    return host_heap_limit;
}
