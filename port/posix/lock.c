/* lock.c: waiting for the lock, and keeping it over fork(). See lock.h.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

struct lock lock_state;

/* Looks at a lock that is taken, before sleeping. A step of the heap is shorter than this. */
enum { LOOKS = 100 };

static inline void pause_a_moment(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm volatile("yield");
#endif
}

static bool spin(void)
{
    for (int i = 0; i < LOOKS; i++) {
        uint32_t word = LOCK_FREE;
        if (__atomic_load_n(&lock_state.word, __ATOMIC_RELAXED) == LOCK_FREE &&
            __atomic_compare_exchange_n(&lock_state.word, &word, LOCK_TAKEN, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
        pause_a_moment();
    }
    return false;
}

uint32_t lock_wait(void)
{
    if (__atomic_load_n(&lock_state.owner, __ATOMIC_RELAXED) == lock_self())
        return LOCK_NESTED;
    if (!spin()) {
        int saved = errno;
        while (__atomic_exchange_n(&lock_state.word, LOCK_AWAITED, __ATOMIC_ACQUIRE) != LOCK_FREE)
            syscall(SYS_futex, &lock_state.word, FUTEX_WAIT_PRIVATE, LOCK_AWAITED, NULL, NULL, 0);
        errno = saved;
    }
    __atomic_store_n(&lock_state.owner, lock_self(), __ATOMIC_RELAXED);
    return LOCK_ENTERED;
}

void lock_wake(void)
{
    int saved = errno;
    syscall(SYS_futex, &lock_state.word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

/* ---- fork() ---------------------------------------------------------------------------------- */

/* The parent takes the lock over fork(), so that no step of another thread is copied half done. Other
 * people's handlers may allocate while it is taken: it nests. */
static uint32_t state_over_fork;

static void before_fork(void)
{
    state_over_fork = port_lock();
}

static void after_fork_in_parent(void)
{
    port_unlock(state_over_fork);
}

/* Whoever waited for the lock is not in the child. */
static void after_fork_in_child(void)
{
    lock_state = (struct lock){LOCK_FREE, 0};
}

__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
