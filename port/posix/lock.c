/* lock.c: waiting for a lock. See lock.h.
 *
 * SPDX-License-Identifier: MIT */
#include "lock.h"

#include "fork.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
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

enum lock_state lock_wait(struct lock *lock)
{
    if (spin(lock))
        return LOCK_ENTERED;
    if (__atomic_load_n(&never_waits, __ATOMIC_RELAXED) == lock_self())
        return LOCK_NESTED;
    int saved = errno;
    enum lock_state state = LOCK_REFUSED;
    for (;;) {
        uint32_t word = look(lock);
        if (refuses(word)) {
            state = word == LOCK_FROZEN && fork_is_mine() ? LOCK_NESTED : LOCK_REFUSED;
            break;
        }
        if (word == LOCK_FREE && turn(lock, LOCK_FREE, LOCK_AWAITED)) { /* others may sleep yet */
            state = LOCK_ENTERED;
            break;
        }
        if (word == LOCK_AWAITED || turn(lock, LOCK_TAKEN, LOCK_AWAITED))
            syscall(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, LOCK_AWAITED, NULL, NULL, 0);
    }
    errno = saved;
    return state;
}

void lock_wake(struct lock *lock, int count)
{
    int saved = errno;
    syscall(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    errno = saved;
}

/* All are woken, whatever the word was: of several that sleep, a thread that was woken is refused, and wakes no other. */
bool lock_freeze(struct lock *lock)
{
    if (lock_enter(lock) == LOCK_REFUSED)
        return false;
    __atomic_store_n(&lock->word, LOCK_FROZEN, __ATOMIC_RELEASE);
    lock_wake(lock, INT_MAX);
    return true;
}

void lock_never_wait(void)
{
    __atomic_store_n(&never_waits, lock_self(), __ATOMIC_RELAXED);
}
