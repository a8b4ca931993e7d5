/* irq.h: a stand-in for Zephyr's, by PRIMASK.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SDK_IRQ_H
#define SDK_IRQ_H

static inline unsigned int irq_lock(void)
{
    unsigned int key;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(key)::"memory");
    return key;
}

static inline void irq_unlock(unsigned int key)
{
    __asm volatile("msr primask, %0" ::"r"(key) : "memory");
}

#endif
