/* fork() while other threads hold locks of the C library's or of other people's, and allocate: none waits for
 * another for ever. glibc's bug 19431 is the case with stdio.
 *
 * FORKS=number in the environment: how many (`make host-stress`: 3000).
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USUAL = 30, FORKERS = 2, SECONDS = 120, CHILD_SECONDS = 60 };

/* ---- Other people's library ------------------------------------------------------------------
 * It holds its lock over fork(), and allocates: while it holds it, and in all of its handlers. */

static pthread_mutex_t others = PTHREAD_MUTEX_INITIALIZER;
static void *others_block;
static unsigned handled;

static void allocate(void)
{
    void *p = launder(malloc(200));
    void *large = launder(malloc((size_t)1 << 20));
    p = launder(realloc(p, 3000));
    handled += p != NULL && large != NULL;
    free(large);
    free(p);
}

static void before(void)
{
    pthread_mutex_lock(&others);
    others_block = realloc(others_block, 100 + handled % 1000);
    allocate();
}

static void after(void)
{
    allocate();
    pthread_mutex_unlock(&others);
}

/* Its constructor runs before the heap's, so that its handler is called after the heap's own. */
__attribute__((constructor(101))) static void register_early(void)
{
    pthread_atfork(before, after, after);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static bool stop;

static bool goes_on(void)
{
    return !__atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/* Holds the stream's lock while it allocates. */
static void *read_lines(void *unused)
{
    while (goes_on()) {
        FILE *stream = fopen("/proc/self/maps", "r");
        char *line = NULL;
        size_t room = 0;
        while (stream != NULL && getline(&line, &room, stream) > 0)
            ;
        free(line);
        if (stream != NULL)
            fclose(stream);
    }
    return unused;
}

/* A line that takes blocks of every size, in one stream that others flush. */
static FILE *long_line;
static void *read_a_long_line(void *unused)
{
    while (goes_on()) {
        char *line = NULL;
        size_t room = 0;
        rewind(long_line);
        if (getline(&line, &room, long_line) < 1000000)
            abort();
        free(line);
    }
    return unused;
}

/* Holds the list's lock while it waits for each stream's. */
static void *flush_all(void *unused)
{
    while (goes_on())
        fflush(NULL);
    return unused;
}

/* Holds the lock of glibc's name services while it allocates. */
static void *look_up(void *unused)
{
    while (goes_on()) {
        setpwent();
        getpwent();
        endpwent();
    }
    return unused;
}

static void *use_the_library(void *unused)
{
    while (goes_on()) {
        pthread_mutex_lock(&others);
        free(others_block);
        others_block = malloc(500);
        pthread_mutex_unlock(&others);
    }
    return unused;
}

/* Takes and frees all that there is: its own, large, aligned, cleared, resized. */
static void *stay_busy(void *unused)
{
    void *held[50] = {NULL};
    for (unsigned i = 0; goes_on(); i++) {
        void **slot = &held[i % 50];
        if (i % 3 != 0) {
            *slot = launder(realloc(*slot, 1 + (size_t)i * 7919 % (i % 16 == 0 ? 600000 : 3000)));
            continue;
        }
        free(*slot);
        *slot = i % 2 == 0 ? launder(calloc(1, i % 5000)) : launder(memalign(256, i % 5000));
    }
    for (unsigned i = 0; i < 50; i++)
        free(held[i]);
    return unused;
}

/* ---- fork() ---------------------------------------------------------------------------------- */

static void *more_in_the_child(void *p)
{
    return realloc(p, 100000);
}

/* In the child: what it does not finish ends by the alarm. */
static _Noreturn void use_the_heap(const char *mine, const char *large)
{
    alarm(CHILD_SECONDS);
    bool good = filled(mine, 1000, 7) && filled(large, 600000, 8);
    for (unsigned i = 0; i < 50; i++) {
        char *p = malloc(i * 11 + 1);
        char *q = calloc(3, (i + 1) * (i % 10 == 0 ? 100000 : 1));
        good = good && p != NULL && q != NULL && all_zero(q, 3 * (i + 1));
        p = realloc(p, i * 50 + 1);
        good = good && p != NULL;
        free(p);
        free(q);
    }
    pthread_t thread;
    void *p = malloc(10);
    good = good && pthread_create(&thread, NULL, more_in_the_child, p) == 0 && pthread_join(thread, &p) == 0;
    free(p);
    free(launder((void *)(uintptr_t)mine));
    free(launder((void *)(uintptr_t)large));
    FILE *stream = fopen("/dev/null", "w");
    good = good && stream != NULL && fprintf(stream, "%d\n", 5) == 2 && fclose(stream) == 0;
    _exit(good ? 0 : 1);
}

static unsigned long forks(void)
{
    const char *asked = getenv("FORKS");
    return asked != NULL ? strtoul(asked, NULL, 0) : USUAL;
}

static void *keep_forking(void *bad)
{
    char *mine = malloc(1000), *large = malloc(600000);
    fill(mine, 1000, 7);
    fill(large, 600000, 8);
    for (unsigned long i = 0; i < forks() / FORKERS; i++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            use_the_heap(mine, large);
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            __atomic_add_fetch((unsigned *)bad, 1, __ATOMIC_RELAXED);
    }
    free(mine);
    free(large);
    return NULL;
}

static void no_thread_waits_for_ever(void)
{
    static void *(*const busy[])(void *) = {read_lines, read_a_long_line, flush_all,      look_up,
                                            stay_busy,  stay_busy,        use_the_library};
    enum { BUSY = sizeof busy / sizeof busy[0] };
    pthread_t threads[BUSY], forkers[FORKERS];
    unsigned bad = 0;
    long_line = tmpfile();
    for (unsigned i = 0; i < 1100000; i++)
        putc('x', long_line);
    tap_comment_number("forks", forks());
    alarm(SECONDS + (unsigned)forks() / 5); /* a hang ends the test */
    for (unsigned i = 0; i < BUSY; i++)
        CHECK(pthread_create(&threads[i], NULL, busy[i], NULL) == 0);
    for (unsigned i = 0; i < FORKERS; i++)
        CHECK(pthread_create(&forkers[i], NULL, keep_forking, &bad) == 0);
    for (unsigned i = 0; i < FORKERS; i++)
        CHECK(pthread_join(forkers[i], NULL) == 0);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < BUSY; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(bad == 0);
    CHECK(handled >= 2 * (forks() / FORKERS) * FORKERS);
}

TAP_MAIN(TEST(no_thread_waits_for_ever))
