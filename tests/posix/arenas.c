/* Arenas: which one a thread keeps to, and what comes after one that cannot grow.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 100, SHARED = 32 };

/* Arenas lie 4 GiB apart. */
static uintptr_t arena_number(const void *p)
{
    return (uintptr_t)p >> 32;
}

static pthread_barrier_t barrier;

/* Returns a block, taken while all the others are there. */
static void *allocate_together(void *unused)
{
    (void)unused;
    void *first = launder(malloc(100));
    pthread_barrier_wait(&barrier);
    void *second = launder(malloc(5000));
    bool same = arena_number(first) == arena_number(second);
    pthread_barrier_wait(&barrier);
    free(first);
    if (!same) {
        free(second);
        return NULL;
    }
    return second;
}

/* The arenas of `count` threads that run at once; they are put in order. */
static unsigned distinct_arenas(unsigned count)
{
    pthread_t threads[MANY];
    uintptr_t numbers[MANY];
    unsigned distinct = 0;
    pthread_barrier_init(&barrier, NULL, count);
    for (unsigned i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, allocate_together, NULL) == 0);
    for (unsigned i = 0; i < count; i++) {
        void *p = NULL;
        CHECK(pthread_join(threads[i], &p) == 0 && p != NULL && malloc_usable_size(p) >= 5000);
        numbers[i] = arena_number(p);
        unsigned j = 0;
        while (numbers[j] != numbers[i])
            j++;
        distinct += j == i;
        free(p);
    }
    pthread_barrier_destroy(&barrier);
    return distinct;
}

static void a_thread_keeps_to_an_arena_of_its_own(void)
{
    CHECK(distinct_arenas(4) == 4);
}

static void many_threads_share_arenas(void)
{
    unsigned distinct = distinct_arenas(MANY);
    tap_comment_number("arenas of 100 threads", distinct);
    CHECK(distinct > 4 && distinct <= SHARED);
}

static void *allocate_once(void *unused)
{
    (void)unused;
    return malloc(100);
}

static void the_arena_of_a_thread_that_ended_is_the_next_ones(void)
{
    uintptr_t first = 0;
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread;
        void *p = NULL;
        CHECK(pthread_create(&thread, NULL, allocate_once, NULL) == 0 && pthread_join(thread, &p) == 0);
        if (i == 0)
            first = arena_number(p);
        CHECK(arena_number(p) == first);
        free(p);
    }
}

/* A thread may allocate when its other destructors have run: it takes an arena again, and leaves that. */
static pthread_key_t key;
static void allocate_late(void *left)
{
    free(launder(malloc(50)));
    if ((uintptr_t)left > 1)
        pthread_setspecific(key, (void *)((uintptr_t)left - 1));
}

static void *end_late(void *unused)
{
    free(launder(malloc(50)));
    pthread_setspecific(key, (void *)(uintptr_t)3);
    return unused;
}

static void a_thread_may_allocate_while_it_ends(void)
{
    CHECK(pthread_key_create(&key, allocate_late) == 0);
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, end_late, NULL) == 0 && pthread_join(thread, NULL) == 0);
    }
    CHECK(distinct_arenas(4) <= SHARED);
}

/* The end of the mapping that `p` lies in. */
static char *end_of_mapping(const void *p)
{
    char line[300];
    unsigned long from, to, end = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from <= (uintptr_t)p && (uintptr_t)p < to)
            end = to;
    if (file != NULL)
        fclose(file);
    return launder((void *)(uintptr_t)end);
}

/* Something else is mapped where the arena would grow. */
static int with_an_obstacle(void)
{
    enum { COUNT = 20000, SIZE = 1000 };
    static char *held[COUNT];
    char *p = launder(malloc(SIZE));
    char *end = end_of_mapping(p);
    char *obstacle = mmap(end, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (obstacle != end)
        return 2;
    memset(obstacle, 0x55, 4096);
    unsigned elsewhere = 0;
    bool good = true;
    for (unsigned i = 0; i < COUNT; i++) {
        held[i] = launder(malloc(SIZE));
        good = good && held[i] != NULL;
        fill(held[i], SIZE, i);
        elsewhere += arena_number(held[i]) != arena_number(p);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        good = good && filled(held[i], SIZE, i);
        free(held[i]);
    }
    for (unsigned i = 0; i < 4096; i++)
        good = good && obstacle[i] == 0x55;
    free(p);
    return good && elsewhere > COUNT / 2 && elsewhere < COUNT ? 42 : 1;
}

/* Twice: the same address. */
static int without_chance(void)
{
    printf("%p\n", malloc(100));
    fflush(stdout);
    return 42;
}

static int status_of(const char *name, unsigned long persona, int output)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        personality(persona);
        if (output >= 0)
            dup2(output, STDOUT_FILENO);
        execl("/proc/self/exe", name, name, (char *)NULL);
        _exit(126);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void another_arena_follows_one_that_cannot_grow(void)
{
    CHECK(status_of("obstacle", 0, -1) == 42);
}

/* What two processes print of where their first blocks are: the same? */
static bool are_same(unsigned long persona)
{
    char said[100] = "";
    int ends[2];
    if (pipe(ends) != 0)
        tap_exit(2);
    CHECK(status_of("chance", persona, ends[1]) == 42 && status_of("chance", persona, ends[1]) == 42);
    close(ends[1]);
    ssize_t length = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    size_t half = length > 0 ? (size_t)length / 2 : 0;
    return half > 4 && memcmp(said, said + half, half) == 0;
}

static void addresses_are_chosen_by_chance_unless_a_process_asks_for_the_same(void)
{
    CHECK(are_same(ADDR_NO_RANDOMIZE));
    CHECK(!are_same(0) || !are_same(0)); /* one of 2048 */
}

int main(int count, char **words)
{
    static const struct tap_test tests[] = {TEST(a_thread_keeps_to_an_arena_of_its_own),
                                            TEST(many_threads_share_arenas),
                                            TEST(the_arena_of_a_thread_that_ended_is_the_next_ones),
                                            TEST(a_thread_may_allocate_while_it_ends),
                                            TEST(another_arena_follows_one_that_cannot_grow),
                                            TEST(addresses_are_chosen_by_chance_unless_a_process_asks_for_the_same)};
    if (count > 0 && strcmp(words[0], "obstacle") == 0)
        return with_an_obstacle();
    if (count > 0 && strcmp(words[0], "chance") == 0)
        return without_chance();
    return tap_run(tests, sizeof tests / sizeof tests[0]);
}
