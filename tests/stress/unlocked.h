/* unlocked.h: a lock that locks nothing: the stress test must fail with it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef UNLOCKED_H
#define UNLOCKED_H

#include <stdint.h>

static inline uint32_t port_lock(void)
{
    return 0;
}

static inline void port_unlock(uint32_t state)
{
    (void)state;
}

#endif
