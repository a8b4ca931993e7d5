/* A process that may not have much memory: requests are refused as on a board, and what was had stays whole.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB(n) ((size_t)(n) << 20)

/* Blocks in a list, each with a pattern. */
struct link {
    struct link *next;
    size_t size;
};

/* Take blocks of `size` bytes until one is refused, or there are `most` bytes. Returns the bytes. */
static size_t take_all(struct link **list, size_t size, size_t most)
{
    size_t taken = 0;
    errno = 0;
    while (taken < most) {
        struct link *link = malloc(size);
        if (link == NULL)
            break;
        fill(link + 1, size - sizeof *link, (unsigned)taken);
        *link = (struct link){*list, size};
        *list = link;
        taken += size;
    }
    return taken;
}

static bool free_all(struct link **list, size_t taken)
{
    bool good = true;
    for (struct link *link; (link = *list) != NULL;) {
        *list = link->next;
        taken -= link->size;
        good = good && filled(link + 1, link->size - sizeof *link, (unsigned)taken);
        free(link);
    }
    return good && taken == 0;
}

static void set_limit(int resource, size_t bytes)
{
    struct rlimit most;
    getrlimit(resource, &most);
    most.rlim_cur = bytes;
    CHECK(setrlimit(resource, &most) == 0);
}

static void a_system_that_gives_no_more_memory_is_survived(void)
{
    static const size_t sizes[] = {5000, 24, 100000, 300000, MIB(3)};
    set_limit(RLIMIT_DATA, MIB(64));
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct link *list = NULL;
        size_t taken = take_all(&list, sizes[i], MIB(100));
        CHECK(taken > MIB(40) && taken < MIB(64) && errno == ENOMEM);
        errno = 0;
        CHECK(launder(calloc(1, MIB(40))) == NULL && errno == ENOMEM);
        errno = 0;
        CHECK(launder(memalign(4096, MIB(40))) == NULL && errno == ENOMEM);
        CHECK(launder(realloc(list, MIB(60))) == NULL);
        CHECK(free_all(&list, taken));
    }
    set_limit(RLIMIT_DATA, RLIM_INFINITY);
    struct link *list = NULL;
    CHECK(take_all(&list, 5000, MIB(100)) >= MIB(100));
    CHECK(free_all(&list, (MIB(100) + 4999) / 5000 * 5000));
}

/* ---- Each in a process of its own ------------------------------------------------------------- */

/* Run this program again, with a limit from its start if it is not 0. Returns its status. */
static int status_of(const char *name, int resource, size_t bytes)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (bytes != 0)
            set_limit(resource, bytes);
        execl("/proc/self/exe", name, name, (char *)NULL);
        _exit(126);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { MOST = 4 << 20 }; /* blocks */

/* Room for that many pointers, which is no data of this process: so it does not count. */
static void **room_for_most(void)
{
    void *p = mmap(NULL, MOST * sizeof(void *), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    return p;
}

/* Fill the memory with blocks of `size` bytes and free every other one; the next as many are served again. */
static bool is_served_again(size_t size)
{
    void **held = room_for_most();
    size_t count = 0, again = 0;
    while (count < MOST && (held[count] = launder(malloc(size))) != NULL)
        count++;
    bool good = errno == ENOMEM && count * size > MIB(20);
    for (size_t i = 0; i < count; i += 2)
        free(held[i]);
    for (size_t i = 0; i < count; i += 2)
        again += (held[i] = launder(malloc(size))) != NULL;
    tap_comment_number("blocks freed", (count + 1) / 2);
    tap_comment_number("served again", again);
    for (size_t i = 0; i < count; i++)
        free(held[i]);
    return good && again == (count + 1) / 2;
}

static int small_again(void)
{
    return is_served_again(24) ? 42 : 1;
}

static int middle_again(void)
{
    return is_served_again(1000) ? 42 : 1;
}

static int page_again(void)
{
    return is_served_again(5000) ? 42 : 1;
}

static void what_is_freed_when_memory_is_short_is_served_again(void)
{
    CHECK(status_of("24", RLIMIT_DATA, (size_t)100000 << 10) == 42);
    CHECK(status_of("1000", RLIMIT_DATA, (size_t)100000 << 10) == 42);
    CHECK(status_of("5000", RLIMIT_DATA, (size_t)100000 << 10) == 42);
}

/* What one thread frees, another one has. */
static void **held_by_all;
static void *free_by_another(void *count)
{
    for (size_t i = 0; i < (size_t)(uintptr_t)count; i++)
        free(held_by_all[i]);
    size_t again = 0;
    while (again < (size_t)(uintptr_t)count && (held_by_all[again] = launder(malloc(1000))) != NULL)
        again++;
    return (void *)(uintptr_t)again;
}

static int another_again(void)
{
    size_t count = 0;
    pthread_t thread;
    void *again = NULL;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 16);
    held_by_all = room_for_most();
    while (count < MOST && (held_by_all[count] = launder(malloc(1000))) != NULL)
        count++;
    free(held_by_all[--count]);
    for (unsigned i = 0; i < 300; i++) /* for the stack: from the end of the heap */
        free(held_by_all[--count]);
    malloc_trim(0);
    bool good = pthread_create(&thread, &attributes, free_by_another, (void *)(uintptr_t)count) == 0 &&
                pthread_join(thread, &again) == 0;
    return good && (uintptr_t)again == count ? 42 : 1;
}

static void another_thread_is_served_as_well(void)
{
    CHECK(status_of("another", RLIMIT_DATA, (size_t)100000 << 10) == 42);
}

/* The limit holds from the start: all of it can be had, and goes back when it is freed. */
static int in_little_address_space(void)
{
    struct link *list = NULL;
    size_t taken = take_all(&list, 3000, MIB(300));
    bool good = taken > MIB(250) && taken < MIB(300) && errno == ENOMEM && free_all(&list, taken);
    void *others = mmap(NULL, MIB(250), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return good && others != MAP_FAILED ? 42 : 1;
}

static void a_small_address_space_can_be_filled_and_is_given_back(void)
{
    CHECK(status_of("little", RLIMIT_AS, MIB(300)) == 42);
}

static void *allocate_much(void *unused)
{
    (void)unused;
    void *p = launder(malloc(MIB(20)));
    free(p);
    return p;
}

/* The program limits itself when it has allocated already. */
static int limited_late(void)
{
    pthread_t threads[4];
    void *got[4];
    free(launder(malloc(1)));
    set_limit(RLIMIT_AS, MIB(1024));
    bool good = true;
    for (unsigned i = 0; i < 4; i++)
        good = good && pthread_create(&threads[i], NULL, allocate_much, NULL) == 0;
    for (unsigned i = 0; i < 4; i++)
        good = good && pthread_join(threads[i], &got[i]) == 0 && got[i] != NULL;
    void *mapped = mmap(NULL, MIB(500), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    good = good && mapped != MAP_FAILED && munmap(mapped, MIB(500)) == 0;
    good = good && dlopen("libm.so.6", RTLD_NOW) != NULL && dlopen("libresolv.so.2", RTLD_NOW) != NULL;
    errno = 0;
    good = good && launder(malloc(MIB(2000))) == NULL && errno == ENOMEM;
    void *p = launder(malloc(MIB(500)));
    free(p);
    return good && p != NULL ? 42 : 1;
}

static void a_program_that_limits_its_address_space_goes_on(void)
{
    CHECK(status_of("late", RLIMIT_AS, 0) == 42);
}

/* Bytes of address space that the process has. */
static size_t address_space(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%zu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* As much as it has, and a little more: what the limit says is all there is, as it would be with any heap. */
static int all_locked(void)
{
    size_t size = address_space() + MIB(2);
    struct rlimit most = {size, size};
    bool good = size < MIB(8) && setrlimit(RLIMIT_MEMLOCK, &most) == 0;
    if (geteuid() == 0) /* root may lock all the same */
        good = good && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0;
    good = good && mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    struct link *list = NULL;
    size_t taken = take_all(&list, 3000, MIB(8));
    good = good && taken > MIB(1) && taken < MIB(3) && errno == ENOMEM;
    return good && free_all(&list, taken) ? 42 : 1;
}

static void memory_can_be_locked(void)
{
    CHECK(status_of("locked", RLIMIT_MEMLOCK, 0) == 42);
}

int main(int count, char **words)
{
    static const struct tap_test tests[] = {TEST(a_system_that_gives_no_more_memory_is_survived),
                                            TEST(what_is_freed_when_memory_is_short_is_served_again),
                                            TEST(another_thread_is_served_as_well),
                                            TEST(a_small_address_space_can_be_filled_and_is_given_back),
                                            TEST(a_program_that_limits_its_address_space_goes_on),
                                            TEST(memory_can_be_locked)};
    static const struct {
        const char *name;
        int (*run)(void);
    } processes[] = {{"24", small_again},
                     {"1000", middle_again},
                     {"5000", page_again},
                     {"another", another_again},
                     {"little", in_little_address_space},
                     {"late", limited_late},
                     {"locked", all_locked}};
    for (unsigned i = 0; count > 1 && i < sizeof processes / sizeof processes[0]; i++)
        if (strcmp(words[1], processes[i].name) == 0)
            return processes[i].run();
    return tap_run(tests, sizeof tests / sizeof tests[0]);
}
