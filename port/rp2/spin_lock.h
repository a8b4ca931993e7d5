/* spin_lock.h: the lock for both cores of an RP2040 or RP2350, with the Pico SDK's headers: interrupts of this core are
 * held back, and a spin lock of the SDK's keeps the other core out.
 *
 * A core that has the lock may take it again: `cairn_rp2_owner` is the number of that core and 1, or 0. A core reads its
 * own number there only if it wrote that itself.
 *
 * A core waits for the other one as long as that holds the lock: for one step of the heap.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_RP2_SPIN_LOCK_H
#define CAIRN_RP2_SPIN_LOCK_H

#include "hardware/sync.h"
#include "pico/platform.h"

#include <stdint.h>

/* The number of the spin lock. The SDK's own code shares those of the striped range: it holds them briefly, and takes
 * nothing else meanwhile, as Cairn does. 14 and 15 are an operating system's. */
#ifndef CAIRN_RP2_SPIN_LOCK
#define CAIRN_RP2_SPIN_LOCK PICO_SPINLOCK_ID_STRIPED_LAST
#endif

/* In the state of a lock that was taken inside another one; PRIMASK has bit 0 only. */
#define CAIRN_RP2_INNER 2u

/* Weak: one for all files. */
extern volatile uint8_t cairn_rp2_owner;
__attribute__((weak)) volatile uint8_t cairn_rp2_owner;

static inline uint32_t port_lock(void)
{
    uint32_t state = save_and_disable_interrupts();
    uint8_t core = (uint8_t)(get_core_num() + 1u);
    if (cairn_rp2_owner == core)
        return state | CAIRN_RP2_INNER;
    spin_lock_unsafe_blocking(spin_lock_instance(CAIRN_RP2_SPIN_LOCK));
    cairn_rp2_owner = core;
    return state;
}

static inline void port_unlock(uint32_t state)
{
    if ((state & CAIRN_RP2_INNER) == 0) {
        cairn_rp2_owner = 0;
        spin_unlock_unsafe(spin_lock_instance(CAIRN_RP2_SPIN_LOCK));
    }
    restore_interrupts(state & ~CAIRN_RP2_INNER);
}

#endif
