/* lock.c: waiting for a lock. See lock.h.
 *
 * SPDX-License-Identifier: MIT */
#include "lock.h"

#include "fork.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Looks at a lock that is taken, before sleeping. A step of the heap is shorter than this. */
enum { LOOKS = 30 };

static uintptr_t never_waits; /* a thread; 0: none */

static inline void pause_a_moment(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm volatile("yield");
#endif
}

static uint32_t look(const struct lock *lock)
{
    return __atomic_load_n(&lock->word, __ATOMIC_ACQUIRE);
}

static bool refuses(uint32_t word)
{
    return word == LOCK_FROZEN || word == LOCK_DEAD;
}

/* Turn the lock's word from one value to another, if it has the first one. */
static bool turn(struct lock *lock, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&lock->word, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Look for a moment whether the lock becomes free. */
static bool spin(struct lock *lock)
{
    for (int i = 0; i < LOOKS; i++) {
        uint32_t word = look(lock);
        if (word == LOCK_FREE && turn(lock, LOCK_FREE, LOCK_TAKEN))
            return true;
        if (refuses(word))
            return false;
        pause_a_moment();
    }
    return false;
}

/* Every processor that runs a thread of this process passes a barrier: what a thread has stored before, as it drops a
 * lock, is seen here, or what was stored here before is seen by what it loads after. On a kernel that has no such call,
 * the sleep's end makes up for it. */
static void pass_a_barrier_everywhere(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0 &&
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0)
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* Sleep until the lock may be free or refuses, and take it if it is free. */
static enum lock_state sleep_until_free(struct lock *lock)
{
    static const struct timespec moment = {.tv_nsec = 10000000};
    pass_a_barrier_everywhere();
    for (;;) {
        uint32_t word = look(lock);
        if (refuses(word))
            return word == LOCK_FROZEN && fork_is_mine() ? LOCK_NESTED : LOCK_REFUSED;
        if (word == LOCK_FREE && turn(lock, LOCK_FREE, LOCK_TAKEN))
            return LOCK_ENTERED;
        if (word == LOCK_TAKEN)
            syscall(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, LOCK_TAKEN, &moment, NULL, 0);
    }
}

enum lock_state lock_wait(struct lock *lock)
{
    if (spin(lock))
        return LOCK_ENTERED;
    if (__atomic_load_n(&never_waits, __ATOMIC_RELAXED) == lock_self())
        return LOCK_NESTED;
    int saved = errno;
    __atomic_fetch_add(&lock->waiting, 1, __ATOMIC_SEQ_CST);
    enum lock_state state = sleep_until_free(lock);
    __atomic_fetch_sub(&lock->waiting, 1, __ATOMIC_RELAXED);
    errno = saved;
    return state;
}

static void wake(struct lock *lock, int count)
{
    int saved = errno;
    syscall(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    errno = saved;
}

void lock_wake(struct lock *lock)
{
    wake(lock, 1);
}

bool lock_freeze(struct lock *lock)
{
    if (lock_enter(lock) == LOCK_REFUSED)
        return false;
    __atomic_store_n(&lock->word, LOCK_FROZEN, __ATOMIC_RELEASE);
    wake(lock, INT_MAX);
    return true;
}

void lock_never_wait(void)
{
    __atomic_store_n(&never_waits, lock_self(), __ATOMIC_RELAXED);
}
