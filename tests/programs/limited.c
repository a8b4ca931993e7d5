/* limited: a program that limits itself when it has allocated already, by RLIMIT_AS and then by RLIMIT_DATA. Says
 * what it could do.
 *
 * SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define MIB(n) ((size_t)(n) << 20)

enum { THREADS = 4, MOST = 1 << 16 };

static void limit(int resource, size_t bytes)
{
    struct rlimit most;
    getrlimit(resource, &most);
    most.rlim_cur = bytes;
    if (setrlimit(resource, &most) != 0)
        perror("setrlimit");
}

static void say(const char *what, int good)
{
    printf("%s: %s\n", what, good ? "yes" : "no");
}

static void *allocate(void *unused)
{
    char *volatile p = malloc(MIB(10));
    (void)unused;
    if (p != NULL)
        memset(p, 1, MIB(10));
    free(p);
    return p;
}

static int can_run_threads(void)
{
    pthread_t threads[THREADS];
    int good = 1;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, allocate, NULL) != 0)
            return 0;
    for (int i = 0; i < THREADS; i++) {
        void *p = NULL;
        pthread_join(threads[i], &p);
        good = good && p != NULL;
    }
    return good;
}

static int can_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED && munmap(p, bytes) == 0;
}

static int is_refused(size_t bytes)
{
    errno = 0;
    void *volatile p = malloc(bytes);
    free(p);
    return p == NULL && errno == ENOMEM;
}

/* Fill the memory, free every other block: are as many served again? */
static int is_served_again(size_t size)
{
    static void *held[MOST];
    int count = 0, good = 1;
    while (count < MOST && (held[count] = malloc(size)) != NULL)
        count++;
    for (int i = 0; i < count; i += 2)
        free(held[i]);
    for (int i = 0; i < count; i += 2)
        good = (held[i] = malloc(size)) != NULL && good;
    for (int i = 0; i < count; i++)
        free(held[i]);
    return good && count < MOST;
}

int main(void)
{
    free(strdup("the heap has begun"));
    limit(RLIMIT_AS, MIB(1024));
    say("threads", can_run_threads());
    say("mmap", can_map(MIB(500)));
    say("dlopen", dlopen("libm.so.6", RTLD_NOW) != NULL);
    say("refused", is_refused(MIB(2000)));
    limit(RLIMIT_DATA, MIB(100));
    say("refused", is_refused(MIB(200)));
    say("served again", is_served_again(5000));
    say("served again", is_served_again(MIB(1)));
    return 0;
}
