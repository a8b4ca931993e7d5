/* lock.h: the lock of a process. It costs nothing as long as there is one thread; then it is a futex, and
 * whoever finds it taken spins for a moment before sleeping.
 *
 * The heap's pages are looked after at the end of each step: pages.h.
 *
 * Whether the heap has started is asked without the lock. That is well: a second thread cannot be made
 * without allocating.
 *
 * Context  thread. A signal handler must not allocate, as with every malloc.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_LOCK_H
#define CAIRN_POSIX_LOCK_H

#include "pages.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/single_threaded.h>

/* Anonymous memory is 0. */
#define PORT_MEMORY_IS_CLEAR 1

enum { LOCK_FREE, LOCK_TAKEN, LOCK_AWAITED };

extern struct lock {
    uint32_t word;   /* LOCK_FREE, LOCK_TAKEN, or LOCK_AWAITED: somebody may sleep */
    uintptr_t owner; /* the thread that has it; 0: none has */
} lock_state __attribute__((visibility("hidden")));

/* What port_lock() found. */
enum { LOCK_ALONE, LOCK_ENTERED, LOCK_NESTED };

/* Take the lock that was not free at first sight. Returns LOCK_ENTERED or LOCK_NESTED. */
uint32_t lock_wait(void) __attribute__((visibility("hidden")));

/* Wake one who sleeps. */
void lock_wake(void) __attribute__((visibility("hidden")));

static inline uintptr_t lock_self(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

static inline uint32_t port_lock(void)
{
    if (__libc_single_threaded)
        return LOCK_ALONE;
    uint32_t word = LOCK_FREE;
    if (!__atomic_compare_exchange_n(&lock_state.word, &word, LOCK_TAKEN, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return lock_wait();
    __atomic_store_n(&lock_state.owner, lock_self(), __ATOMIC_RELAXED);
    return LOCK_ENTERED;
}

static inline void port_unlock(uint32_t state)
{
    if (state == LOCK_NESTED)
        return;
    pages_watch();
    if (state == LOCK_ALONE)
        return;
    __atomic_store_n(&lock_state.owner, 0, __ATOMIC_RELAXED);
    if (__atomic_exchange_n(&lock_state.word, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_AWAITED)
        lock_wake();
}

#endif
