/* While a thread forks, another one is served without waiting for it: the forking thread waits for the other, in a fork
 * handler that runs while the heap is frozen.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 20, LARGE = 1000000 };

static enum { REST, ASKED, DONE } step;
static void *small_old, *large_old, *small_gone, *large_gone;               /* from before */
static void *small_new, *large_new, *clear_new, *aligned_new, *thread_gone; /* from meanwhile */
static bool good;

static void go_to(int next)
{
    __atomic_store_n(&step, next, __ATOMIC_RELEASE);
}

static void wait_for(int next)
{
    while ((int)__atomic_load_n(&step, __ATOMIC_ACQUIRE) != next)
        usleep(1000);
}

/* Its constructor runs before the heap's: so its handler is called after the heap's own. */
static void before(void)
{
    if (__atomic_load_n(&step, __ATOMIC_ACQUIRE) == REST)
        return;
    go_to(ASKED);
    wait_for(DONE);
}

__attribute__((constructor(101))) static void register_early(void)
{
    pthread_atfork(before, NULL, NULL);
}

/* Everything that the family does, with blocks that the forking thread holds, and new ones. */
static void *serve(void *unused)
{
    thread_gone = malloc(200);
    wait_for(ASKED);
    small_new = malloc(100);
    large_new = malloc(LARGE);
    clear_new = calloc(1, 5000);
    aligned_new = memalign(4096, 100);
    good = small_new != NULL && large_new != NULL && clear_new != NULL && all_zero(clear_new, 5000) &&
           aligned(aligned_new, 4096) && malloc_usable_size(small_old) == 112 && malloc_usable_size(large_old) >= LARGE;
    small_old = realloc(small_old, 300);
    large_old = realloc(large_old, 2 * LARGE);
    good = good && filled(small_old, 100, 1) && filled(large_old, LARGE, 2);
    free(small_gone);
    free(large_gone);
    free(thread_gone);
    fill(small_new, 100, 3);
    fill(large_new, LARGE, 4);
    malloc_trim(0);
    go_to(DONE);
    return unused;
}

static void free_all(void)
{
    free(small_new);
    free(large_new);
    free(clear_new);
    free(aligned_new);
    free(small_old);
    free(large_old);
}

/* In the child these are of an arena that may have been copied half done. */
static _Noreturn void use_in_the_child(void)
{
    alarm(SECONDS);
    bool well = filled(small_new, 100, 3) && filled(large_new, LARGE, 4) && filled(small_old, 100, 1);
    small_new = realloc(small_new, 5000);
    large_new = realloc(large_new, 2 * LARGE);
    well = well && small_new != NULL && large_new != NULL && filled(small_new, 100, 3) && filled(large_new, LARGE, 4);
    well = well && malloc_usable_size(clear_new) == 5008;
    free_all();
    well = well && cairn_check(cairn_system(), NULL) == 0;
    _exit(well ? 0 : 1);
}

static void a_thread_is_served_while_another_forks(void)
{
    pthread_t thread;
    int status = -1;
    alarm(SECONDS);
    CHECK(pthread_create(&thread, NULL, serve, NULL) == 0);
    size_t used = mallinfo2().uordblks, mapped = mallinfo2().hblkhd;
    small_old = malloc(100);
    large_old = malloc(LARGE);
    small_gone = malloc(100);
    large_gone = malloc(LARGE);
    fill(small_old, 100, 1);
    fill(large_old, LARGE, 2);
    step = ASKED;
    pid_t child = fork();
    if (child == 0)
        use_in_the_child();
    CHECK(pthread_join(thread, NULL) == 0 && good);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(filled(small_new, 100, 3) && filled(large_new, LARGE, 4));
    free_all();
    /* What was to be freed later is free. The thread's own are gone as well. */
    CHECK(mallinfo2().uordblks <= used && mallinfo2().hblkhd == mapped);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
}

TAP_MAIN(TEST(a_thread_is_served_while_another_forks))
