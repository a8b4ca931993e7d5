/* A process that may not have much memory: requests are refused as on a board, and what was had stays whole.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>
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

static int status_of(const char *name)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        set_limit(RLIMIT_AS, MIB(300));
        execl("/proc/self/exe", name, name, (char *)NULL);
        _exit(126);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a process of its own, which has had the limit from its start. */
static int in_little_address_space(void)
{
    struct link *list = NULL;
    bool good = port_heap_limit() - port_heap_start() <= (ptrdiff_t)MIB(150);
    size_t taken = take_all(&list, 3000, MIB(300));
    good = good && taken > MIB(130) && taken < MIB(150) && errno == ENOMEM;
    void *others = mmap(NULL, MIB(100), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return good && others != MAP_FAILED && free_all(&list, taken) ? 42 : 1;
}

static void half_of_a_small_address_space_is_left_to_others(void)
{
    CHECK(status_of("little") == 42);
}

int main(int count, char **words)
{
    static const struct tap_test tests[] = {TEST(a_system_that_gives_no_more_memory_is_survived),
                                            TEST(half_of_a_small_address_space_is_left_to_others)};
    if (count > 1 && strcmp(words[1], "little") == 0)
        return in_little_address_space();
    return tap_run(tests, 2);
}
