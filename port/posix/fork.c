/* fork.c: the heap over fork(). See fork.h.
 *
 * The library is the first one that is initialized (-z initfirst), so that its handler is the last one that runs
 * before fork(), and the first one after it. Where another one is, its handlers run while the heap is frozen, by the
 * thread that has frozen it.
 *
 * SPDX-License-Identifier: MIT */
#include "fork.h"

#include "arena.h"
#include "mapped.h"
#include "system/names.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

static struct lock forking = {.word = LOCK_FREE}; /* one thread at a time */
static uintptr_t owner;                           /* the thread that has frozen the heap; 0: none */
static bool frozen; /* the thread that forks has frozen it: a process of one thread need not */

bool fork_is_mine(void)
{
    return __atomic_load_n(&owner, __ATOMIC_RELAXED) == lock_self();
}

/* ---- Blocks to be freed later ---------------------------------------------------------------- */

struct later {
    struct later *next;
    void *block;
};

static struct later *all_later;

static bool is_frozen(void)
{
    return __atomic_load_n(&owner, __ATOMIC_SEQ_CST) != 0;
}

static void free_all_later(void)
{
    struct later *later = __atomic_exchange_n(&all_later, NULL, __ATOMIC_SEQ_CST);
    while (later != NULL) {
        struct later *next = later->next;
        free(later->block);
        free(later);
        later = next;
    }
}

/* Either fork() is over by the time that the note is seen here, or its end sees the note. */
void fork_free_later(void *p)
{
    int saved = errno;
    struct later *later = malloc(sizeof *later);
    errno = saved;
    if (later == NULL) { /* no memory for a note: the one case in which a thread waits for fork() */
        while (is_frozen())
            sched_yield();
        free(p);
        return;
    }
    later->block = p;
    later->next = __atomic_load_n(&all_later, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&all_later, &later->next, later, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
    if (!is_frozen())
        free_all_later();
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static void before_fork(void)
{
    frozen = !__libc_single_threaded;
    if (!frozen)
        return;
    lock_enter(&forking);
    __atomic_store_n(&owner, lock_self(), __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++)
        if (arena_has_begun(&arena_all[i]) && !arena_all[i].for_fork)
            lock_freeze(&arena_all[i].lock);
    lock_freeze(&mapped_lock);
}

static void thaw(struct lock *lock)
{
    uint32_t word = LOCK_FROZEN;
    __atomic_compare_exchange_n(&lock->word, &word, LOCK_FREE, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static void after_fork_in_parent(void)
{
    if (!frozen)
        return;
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++)
        thaw(&arena_all[i].lock);
    thaw(&mapped_lock);
    __atomic_store_n(&owner, 0, __ATOMIC_SEQ_CST);
    lock_leave(&forking, LOCK_ENTERED);
    free_all_later();
}

/* No other thread is here. What others have noted to be freed is lost: the notes may be copied half. */
static void after_fork_in_child(void)
{
    if (!frozen)
        return;
    arena_after_fork();
    thaw(&mapped_lock);
    all_later = NULL;
    forking.word = LOCK_FREE;
    owner = 0;
}

__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
