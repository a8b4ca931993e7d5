/* foreign.c: a library of other people's, for storm.c: its constructor registers fork handlers, which take its lock
 * and allocate.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>

void foreign_use(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *block;

static void before(void)
{
    pthread_mutex_lock(&lock);
    block = realloc(block, 200);
}

static void after(void)
{
    void *more = malloc(300000);
    block = realloc(block, 100);
    free(more);
    pthread_mutex_unlock(&lock);
}

void foreign_use(void)
{
    pthread_mutex_lock(&lock);
    free(block);
    block = malloc(1000);
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(before, after, after);
}
