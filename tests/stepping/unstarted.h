/* unstarted.h: the port's lock, but none while there is no heap: the start is open to interrupts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef UNSTARTED_H
#define UNSTARTED_H

#define port_lock port_lock_always
#include "common/mask.h"
#undef port_lock

extern struct cairn_system cairn_system_state;

static inline uint32_t port_lock(void)
{
    uint32_t state = port_lock_always();
    if (*(void *const volatile *)&cairn_system_state == (void *)0) /* its first member: the heap */
        port_unlock(state);
    return state;
}

#endif
