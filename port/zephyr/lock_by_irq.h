/* lock_by_irq.h: the lock by Zephyr's irq_lock(): every interrupt waits that Zephyr can hold back.
 *
 * Not for an interrupt with IRQ_ZERO_LATENCY, which irq_lock() does not hold back: it must not use the heap.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_LOCK_BY_IRQ_H
#define CAIRN_LOCK_BY_IRQ_H

#include <stdint.h>
#include <zephyr/irq.h>

static inline uint32_t port_lock(void)
{
    return irq_lock();
}

static inline void port_unlock(uint32_t state)
{
    irq_unlock(state);
}

#endif
