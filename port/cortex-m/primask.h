/* primask.h: the lock by PRIMASK: every interrupt of configurable priority waits.
 *
 * Works on every Cortex-M, from threads and handlers. The caller must be privileged: CPSID is
 * ignored otherwise (ARMv7-M ARM, B5.2.1).
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_PRIMASK_H
#define CAIRN_PRIMASK_H

#include <stdint.h>

static inline uint32_t port_lock(void)
{
    uint32_t state;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

static inline void port_unlock(uint32_t state)
{
    __asm volatile("msr primask, %0" ::"r"(state) : "memory");
}

#endif
