/* fork() while other threads allocate: the child has a heap that it can use.
 *
 * FORKS=number in the environment: how many (`make host-stress`: 3000).
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUSY = 3, USUAL = 40, SECONDS = 60 };

static bool stop;

static void *stay_busy(void *unused)
{
    void *held[50] = {NULL};
    for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
        free(held[i % 50]);
        held[i % 50] = malloc(i * 37 % 3000);
    }
    for (unsigned i = 0; i < 50; i++)
        free(held[i]);
    return unused;
}

/* In the child: a deadlock ends by the alarm. */
static _Noreturn void use_the_heap(const char *mine)
{
    alarm(SECONDS);
    bool good = filled(mine, 1000, 7);
    for (unsigned i = 0; i < 200; i++) {
        char *p = malloc(i * 11 + 1);
        char *q = calloc(3, i + 1);
        good = good && p != NULL && q != NULL && all_zero(q, 3 * (i + 1));
        p = realloc(p, i * 50 + 1);
        good = good && p != NULL;
        free(p);
        free(q);
    }
    free(launder((void *)(uintptr_t)mine));
    _exit(good ? 0 : 1);
}

static bool child_is_well(const char *mine)
{
    pid_t child = fork();
    if (child == 0)
        use_the_heap(mine);
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static unsigned long forks(void)
{
    const char *asked = getenv("FORKS");
    return asked != NULL ? strtoul(asked, NULL, 0) : USUAL;
}

static void a_child_of_one_thread_can_allocate(void)
{
    char *mine = malloc(1000);
    fill(mine, 1000, 7);
    CHECK(child_is_well(mine));
    CHECK(filled(mine, 1000, 7));
    free(mine);
}

static void a_child_of_many_threads_can_allocate(void)
{
    pthread_t threads[BUSY];
    char *mine = malloc(1000);
    fill(mine, 1000, 7);
    for (unsigned i = 0; i < BUSY; i++)
        CHECK(pthread_create(&threads[i], NULL, stay_busy, NULL) == 0);
    for (unsigned long i = 0; i < forks(); i++)
        CHECK(child_is_well(mine));
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < BUSY; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(filled(mine, 1000, 7));
    free(mine);
}

/* The handler that was registered first is called while the heap is frozen, by the thread that has frozen it. */
static unsigned called;

static void allocate_in_a_handler(void)
{
    void *p = malloc(100);
    called += p != NULL;
    free(p);
}

__attribute__((constructor(101))) static void register_early(void)
{
    pthread_atfork(allocate_in_a_handler, allocate_in_a_handler, allocate_in_a_handler);
}

static void handlers_that_others_registered_may_allocate(void)
{
    CHECK(called >= 2 * (forks() + 1));
}

TAP_MAIN(TEST(a_child_of_one_thread_can_allocate), TEST(a_child_of_many_threads_can_allocate),
         TEST(handlers_that_others_registered_may_allocate))
