/* unstarted.h: the lock by PRIMASK, but none while there is no heap: the start is open to interrupts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef UNSTARTED_H
#define UNSTARTED_H

#include <stdint.h>

extern struct cairn_system cairn_system_state;

static inline uint32_t port_lock(void)
{
    uint32_t state;
    __asm volatile("mrs %0, primask" : "=r"(state)::"memory");
    if (*(void *const volatile *)&cairn_system_state != (void *)0) /* its first member: the heap */
        __asm volatile("cpsid i" ::: "memory");
    return state;
}

static inline void port_unlock(uint32_t state)
{
    __asm volatile("msr primask, %0" ::"r"(state) : "memory");
}

#endif
