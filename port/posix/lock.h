/* lock.h: locks of a process: one for each arena, and one for the table of large blocks. A lock costs nothing as
 * long as there is one thread; then it is a futex, and a thread that finds it taken spins for a moment before it
 * sleeps.
 *
 * A lock does not nest, and a thread holds one at a time. Over fork() the forking thread freezes all of them
 * (fork.h). A frozen lock refuses other threads instead of making them wait: they might hold what fork() waits for.
 *
 * Context  thread. A signal handler must not allocate, as with every malloc.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_LOCK_H
#define CAIRN_POSIX_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/single_threaded.h>

enum {
    LOCK_FREE,
    LOCK_TAKEN,
    LOCK_AWAITED, /* taken, and a thread may sleep until it is free */
    LOCK_FROZEN,  /* by a thread that forks */
    LOCK_DEAD     /* in the child of fork(): what it guards may have been half done */
};

struct lock {
    uint32_t word;
};

/* What lock_enter() found. LOCK_REFUSED: the lock is frozen or dead, and the caller has not got it. */
enum lock_state { LOCK_REFUSED, LOCK_ENTERED, LOCK_ALONE, LOCK_NESTED };

/* Take a lock that was not free at first sight. */
enum lock_state lock_wait(struct lock *lock) __attribute__((visibility("hidden")));

/* Wake `count` threads that sleep. */
void lock_wake(struct lock *lock, int count) __attribute__((visibility("hidden")));

/* Take the lock and freeze it. False if it is dead. */
bool lock_freeze(struct lock *lock) __attribute__((visibility("hidden")));

/* The value of the thread pointer names the thread. */
static inline uintptr_t lock_self(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

static inline enum lock_state lock_enter(struct lock *lock)
{
    uint32_t word = LOCK_FREE;
    if (__libc_single_threaded)
        return __builtin_expect(lock->word == LOCK_FREE, 1) ? LOCK_ALONE : lock_wait(lock);
    if (__builtin_expect(!__atomic_compare_exchange_n(&lock->word, &word, LOCK_TAKEN, false, __ATOMIC_ACQUIRE,
                                                      __ATOMIC_RELAXED),
                         0))
        return lock_wait(lock);
    return LOCK_ENTERED;
}

/* `state` is what lock_enter() returned. */
static inline void lock_leave(struct lock *lock, enum lock_state state)
{
    if (state == LOCK_ENTERED && __atomic_exchange_n(&lock->word, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_AWAITED)
        lock_wake(lock, 1);
}

#endif
