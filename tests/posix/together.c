/* Threads that ask for large blocks at the same time, and keep them: each run is a process of its own.
 *
 * RUNS=number in the environment: runs of each kind (`make host-stress`: 1000).
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USUAL = 3, MOST_THREADS = 8, KEPT = 6, SECONDS = 60 };

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

/* What one process does. */
static const struct kind {
    const char *name;
    unsigned threads;
    size_t size; /* bytes of each block; 0: random, up to 32 MiB */
} kinds[] = {{"8m", 4, MIB(8)}, {"512k", 4, KIB(512)}, {"128k", 4, KIB(128)}, {"random", 8, 0}};

/* ---- In the process -------------------------------------------------------------------------- */

static pthread_barrier_t barrier;
static const struct kind *kind;
static unsigned long seed;

struct worker {
    pthread_t thread;
    unsigned number;
    bool bad;
};

/* A word in each page, and at both ends: no two blocks share a page's worth of them unnoticed. */
static void mark(char *p, size_t size, uint64_t word)
{
    for (size_t at = 0; at + sizeof word <= size; at += 1000)
        memcpy(p + at, &word, sizeof word);
    memcpy(p + size - sizeof word, &word, sizeof word);
}

static bool is_marked(const char *p, size_t size, uint64_t word)
{
    for (size_t at = 0; at + 2 * sizeof word <= size; at += 1000)
        if (memcmp(p + at, &word, sizeof word) != 0)
            return false;
    return memcmp(p + size - sizeof word, &word, sizeof word) == 0;
}

static size_t some_size(uint64_t *random)
{
    if (kind->size != 0)
        return kind->size;
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return 64 + (size_t)(*random >> 33) % MIB(32) / (1u << (*random >> 40) % 12);
}

static void *work(void *context)
{
    struct worker *worker = context;
    uint64_t random = seed * MOST_THREADS + worker->number;
    char *kept[KEPT] = {NULL};
    size_t sizes[KEPT];
    for (unsigned i = 0; i < KEPT; i++) {
        sizes[i] = some_size(&random);
        pthread_barrier_wait(&barrier);
        errno = 0;
        kept[i] = launder(malloc(sizes[i]));
        if (kept[i] != NULL)
            mark(kept[i], sizes[i], worker->number * KEPT + i + 1u);
        else if (errno != ENOMEM)
            worker->bad = true;
    }
    for (unsigned i = 0; i < KEPT; i++) {
        if (kept[i] != NULL && !is_marked(kept[i], sizes[i], worker->number * KEPT + i + 1u))
            worker->bad = true;
        free(kept[i]);
    }
    return NULL;
}

/* 0 if all blocks stayed whole. A system that has no memory for a thread's stack is no error. */
static int run_threads(void)
{
    static struct worker workers[MOST_THREADS];
    alarm(SECONDS);
    pthread_barrier_init(&barrier, NULL, kind->threads);
    for (unsigned i = 0; i < kind->threads; i++) {
        workers[i].number = i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            _exit(77);
    }
    bool bad = false;
    for (unsigned i = 0; i < kind->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        bad = bad || workers[i].bad;
    }
    return bad;
}

/* ---- The processes --------------------------------------------------------------------------- */

static void limit(int resource, size_t kib)
{
    struct rlimit most = {KIB(kib), KIB(kib)};
    if (kib != 0 && setrlimit(resource, &most) != 0)
        _exit(126);
}

/* Run it under `ulimit -d data` and `ulimit -v space`, in KiB; 0: without. */
static int status_of(const char *name, unsigned long number, size_t data, size_t space)
{
    int status = -1;
    char text[24];
    snprintf(text, sizeof text, "%lu", number);
    pid_t child = fork();
    if (child == 0) {
        limit(RLIMIT_DATA, data);
        limit(RLIMIT_AS, space);
        execl("/proc/self/exe", name, name, text, (char *)NULL);
        _exit(126);
    }
    return waitpid(child, &status, 0) == child ? status : -1;
}

static void all_kinds(size_t data, size_t space)
{
    const char *asked = getenv("RUNS");
    unsigned long runs = asked != NULL ? strtoul(asked, NULL, 0) : USUAL;
    for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        unsigned long bad = 0;
        for (unsigned long i = 1; i <= runs; i++)
            bad += status_of(kinds[k].name, i, data, space) != 0;
        tap_comment(kinds[k].name);
        tap_comment_number("runs", runs);
        CHECK(bad == 0);
    }
}

static void threads_that_ask_at_once_get_blocks_of_their_own(void)
{
    all_kinds(0, 0);
}

static void so_they_do_with_little_data(void)
{
    all_kinds(200000, 0);
}

static void so_they_do_with_little_address_space(void)
{
    all_kinds(0, 400000);
}

int main(int count, char **words)
{
    static const struct tap_test tests[] = {TEST(threads_that_ask_at_once_get_blocks_of_their_own),
                                            TEST(so_they_do_with_little_data),
                                            TEST(so_they_do_with_little_address_space)};
    for (unsigned k = 0; count > 2 && k < sizeof kinds / sizeof kinds[0]; k++)
        if (strcmp(words[1], kinds[k].name) == 0) {
            kind = &kinds[k];
            seed = strtoul(words[2], NULL, 0);
            return run_threads();
        }
    return tap_run(tests, 3);
}
