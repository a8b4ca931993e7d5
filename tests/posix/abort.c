/* A misuse ends in abort(): a handler of SIGABRT may allocate, also where another thread does.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 20, LEFT_BY_THE_HANDLER = 42 };

static void leave(int signal)
{
    void *p = launder(malloc(100));
    void *q = launder(malloc((size_t)1 << 20));
    free(q);
    free(p);
    (void)signal;
    _exit(p != NULL && q != NULL ? LEFT_BY_THE_HANDLER : 1);
}

static void *free_twice(void *p)
{
    free(p);
    free(launder(p));
    return NULL;
}

static _Noreturn void misuse(size_t size, bool threads)
{
    pthread_t thread;
    alarm(SECONDS);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    signal(SIGABRT, leave);
    void *p = launder(malloc(size));
    if (threads && pthread_create(&thread, NULL, free_twice, p) == 0)
        pthread_join(thread, NULL);
    free_twice(p);
    _exit(2);
}

static int status_of(size_t size, bool threads)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        misuse(size, threads);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_handler_of_the_abort_may_allocate(void)
{
    CHECK(status_of(100, false) == LEFT_BY_THE_HANDLER);
    CHECK(status_of(100, true) == LEFT_BY_THE_HANDLER);
    CHECK(status_of((size_t)1 << 20, false) == LEFT_BY_THE_HANDLER);
    CHECK(status_of((size_t)1 << 20, true) == LEFT_BY_THE_HANDLER);
}

TAP_MAIN(TEST(a_handler_of_the_abort_may_allocate))
