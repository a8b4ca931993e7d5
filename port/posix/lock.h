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
    LOCK_DEAD, /* what it guards has not begun, or in the child of fork(), may have been half done */
    LOCK_FREE,
    LOCK_TAKEN,
    LOCK_FROZEN /* by a thread that forks */
};

struct lock {
    uint32_t word;
    uint32_t waiting; /* threads that sleep until it is free, or are about to */
};

/* What lock_enter() found. LOCK_REFUSED: the lock is frozen or dead, and the caller has not got it. */
enum lock_state { LOCK_REFUSED, LOCK_ENTERED, LOCK_NESTED };

/* Take a lock that was not free at first sight. */
enum lock_state lock_wait(struct lock *lock) __attribute__((visibility("hidden")));

/* Wake a thread that sleeps. */
void lock_wake(struct lock *lock) __attribute__((visibility("hidden")));

/* Take the lock and freeze it. False if it is dead. */
bool lock_freeze(struct lock *lock) __attribute__((visibility("hidden")));

/* This thread ends the process: what it does until then must not wait for a lock that it has itself. */
void lock_never_wait(void) __attribute__((visibility("hidden")));

/* The value of the thread pointer names the thread. */
static inline uintptr_t lock_self(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

/* Take the lock if it is free; what has been taken so, lock_drop() gives back. */
static inline bool lock_try(struct lock *lock)
{
    uint32_t word = LOCK_FREE;
    if (__libc_single_threaded)
        return lock->word == LOCK_FREE;
    return __atomic_compare_exchange_n(&lock->word, &word, LOCK_TAKEN, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Two plain instructions: the processor may do the load before the store, and then a thread that comes to wait between
 * the two is not seen. That thread makes up for it (lock_wait). */
static inline void lock_drop(struct lock *lock)
{
    if (__libc_single_threaded)
        return;
    __atomic_store_n(&lock->word, LOCK_FREE, __ATOMIC_RELEASE);
    if (__builtin_expect(__atomic_load_n(&lock->waiting, __ATOMIC_RELAXED) != 0, 0))
        lock_wake(lock);
}

static inline enum lock_state lock_enter(struct lock *lock)
{
    return lock_try(lock) ? LOCK_ENTERED : lock_wait(lock);
}

/* `state` is what lock_enter() returned. */
static inline void lock_leave(struct lock *lock, enum lock_state state)
{
    if (state == LOCK_ENTERED)
        lock_drop(lock);
}

#endif
