/* storm FORKS: a program of 8 threads that use stdio, the heap and a library with fork handlers, while one forks. Each
 * child uses all of these as well.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 7, SECONDS = 60 };

void foreign_use(void);

static int stop;

static void read_and_flush(int flush)
{
    FILE *stream = fopen("/proc/self/status", "r");
    char *line = NULL;
    size_t room = 0;
    while (stream != NULL && getline(&line, &room, stream) > 0)
        ;
    free(line);
    if (flush)
        fflush(NULL);
    if (stream != NULL)
        fclose(stream);
}

static void use_the_heap(unsigned i)
{
    void *p = malloc(1 + i * 7919 % 4000), *q = malloc(i % 32 == 0 ? 600000 : 20);
    p = realloc(p, 1 + i * 104729 % 9000);
    free(q);
    free(p);
}

static void *work(void *number)
{
    for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
        if (*(int *)number % 3 == 0)
            read_and_flush(*(int *)number % 2);
        else if (*(int *)number % 3 == 1)
            use_the_heap(i);
        else
            foreign_use();
    }
    return NULL;
}

static int child(void)
{
    alarm(SECONDS);
    for (unsigned i = 0; i < 20; i++) {
        use_the_heap(i * 32);
        foreign_use();
    }
    read_and_flush(0);
    return 7;
}

int main(int count, char **words)
{
    pthread_t threads[THREADS];
    int numbers[THREADS], forks = count > 1 ? atoi(words[1]) : 100, good = 0;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    }
    for (int i = 0; i < forks; i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            _exit(child());
        good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d of %d children\n", good, forks);
    return good == forks ? 0 : 1;
}
