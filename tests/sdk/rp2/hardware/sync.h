/* sync.h: a stand-in for the Pico SDK's: each function notes in `did` that it was called, by a letter.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SDK_SYNC_H
#define SDK_SYNC_H

#include <stdint.h>

enum { PICO_SPINLOCK_ID_STRIPED_LAST = 23 };
typedef volatile uint8_t spin_lock_t;

void note(char letter);
extern uint32_t interrupts; /* PRIMASK */
extern spin_lock_t spin_locks[32];
extern volatile uint8_t cairn_rp2_owner;

static inline spin_lock_t *spin_lock_instance(unsigned number)
{
    return &spin_locks[number];
}

static inline uint32_t save_and_disable_interrupts(void)
{
    uint32_t state = interrupts;
    interrupts = 1;
    note('d');
    return state;
}

static inline void restore_interrupts(uint32_t state)
{
    interrupts = state;
    note('r');
}

static inline void spin_lock_unsafe_blocking(spin_lock_t *lock)
{
    note('s');
    note(*lock != 0 ? '!' : '.'); /* it would not end */
    *lock = 1;
}

static inline void spin_unlock_unsafe(spin_lock_t *lock)
{
    note(*lock != 0 && cairn_rp2_owner == 0 ? 'u' : '!'); /* past this the owner is the other core's to write */
    *lock = 0;
}

#endif
