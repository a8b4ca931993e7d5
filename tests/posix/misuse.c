/* Misuse that only a process has: of large blocks, of other threads' arenas, of addresses where no heap is. Each ends
 * in abort(), and says where the address lies. (tests/fault has what any heap finds.)
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 1000000, PAGES = 1003520 /* LARGE in pages of 4096 bytes */ };

/* What the misuse is about. */
static char *large, *others;

static void *allocate(void *size)
{
    return malloc((size_t)(uintptr_t)size);
}

static void *by_another_thread(size_t size)
{
    pthread_t thread;
    void *p = NULL;
    if (pthread_create(&thread, NULL, allocate, (void *)(uintptr_t)size) != 0 || pthread_join(thread, &p) != 0)
        tap_exit(2);
    return p;
}

/* Does it abort in a child, having said `expected`? */
static bool aborts(void (*misuse)(void), const char *expected)
{
    char said[400];
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        tap_exit(2);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        misuse();
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], said, sizeof said - 1);
    said[length < 0 ? 0 : length] = '\0';
    close(ends[0]);
    bool aborted = waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    if (aborted && strcmp(said, expected) == 0)
        return true;
    tap_comment(aborted ? "it aborted, and said:" : "it did not abort, and said:");
    tap_comment(said);
    return false;
}

/* The line for an address at `offset` bytes from `p`; `block` says where it lies. */
static const char *line(const char *reason, const char *p, ptrdiff_t offset, const char *block)
{
    static char text[300];
    snprintf(text, sizeof text, "cairn: %s: 0x%" PRIxPTR ", %s\n", reason, (uintptr_t)p + (uintptr_t)offset, block);
    return text;
}

static const char not_a_block[] = "not the start of a live block of this heap";
static const char is_free[] = "this block is already free";

static const char *in_large(void)
{
    static char text[100];
    snprintf(text, sizeof text, "in a used block of %d bytes at 0x%" PRIxPTR, PAGES, (uintptr_t)large);
    return text;
}

static void free_inside(void)
{
    free(launder(large + 16));
}
static void free_a_page_inside(void)
{
    free(launder(large + 4096));
}
static void resize_inside(void)
{
    large = realloc(launder(large + 4096), 10);
}
static void size_inside(void)
{
    (void)malloc_usable_size(launder(large + 8));
}
static void free_twice(void)
{
    free(launder(large));
    free(launder(large));
}
static void resize_freed(void)
{
    free(launder(large));
    large = realloc(launder(large), 2 * LARGE);
}

static void a_large_block_is_known_by_its_start_alone(void)
{
    large = malloc(LARGE);
    CHECK(aborts(free_inside, line(not_a_block, large, 16, in_large())));
    CHECK(aborts(free_a_page_inside, line(not_a_block, large, 4096, in_large())));
    CHECK(aborts(resize_inside, line(not_a_block, large, 4096, in_large())));
    CHECK(aborts(size_inside, line(not_a_block, large, 8, in_large())));
    CHECK(aborts(free_twice, line(not_a_block, large, 0, "in no block")));
    CHECK(aborts(resize_freed, line(not_a_block, large, 0, "in no block")));
    free(large);
}

static void free_others_twice(void)
{
    free(launder(others));
    free(launder(others));
}
static void free_inside_others(void)
{
    free(launder(others + 16));
}

static void a_block_of_another_threads_arena_is_checked_as_well(void)
{
    others = by_another_thread(100);
    void *above = by_another_thread(100);
    char block[100];
    snprintf(block, sizeof block, "in a used block of 112 bytes at 0x%" PRIxPTR, (uintptr_t)others);
    CHECK(aborts(free_inside_others, line(not_a_block, others, 16, block)));
    snprintf(block, sizeof block, "in a free block of 112 bytes at 0x%" PRIxPTR, (uintptr_t)others);
    CHECK(aborts(free_others_twice, line(is_free, others, 0, block)));
    free(above);
    free(others);
}

/* In the slot of an arena that has not begun, and in one that has, past all that is mapped. */
static void *nowhere;
static void free_nowhere(void)
{
    free(launder(nowhere));
}

static void an_address_without_memory_is_no_block(void)
{
    char *small = malloc(10);
    nowhere = small + ((size_t)1 << 31);
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    nowhere = small + ((size_t)40 << 32);
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    nowhere = small + ((size_t)1 << 44);
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    nowhere = (void *)(uintptr_t)16;
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    nowhere = (void *)~(uintptr_t)15;
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    free(small);
}

static void another_mapping_is_no_block(void)
{
    nowhere = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    munmap(nowhere, 8192);
}

/* Many, so that the table grows; every one is found, and none after it was freed. */
static void every_large_block_is_known(void)
{
    enum { COUNT = 1000 };
    static char *held[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        held[i] = launder(malloc((size_t)3 << 20));
        CHECK(held[i] != NULL && malloc_usable_size(held[i]) == (size_t)3 << 20);
    }
    for (unsigned i = 0; i < COUNT; i += 3) {
        free(held[i]);
        large = held[i];
        held[i] = NULL;
    }
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(held[i] == NULL || malloc_usable_size(held[i]) == (size_t)3 << 20);
    CHECK(mallinfo2().hblks == COUNT - (COUNT + 2) / 3 && mallinfo2().hblkhd == mallinfo2().hblks * ((size_t)3 << 20));
    nowhere = large;
    CHECK(aborts(free_nowhere, line(not_a_block, nowhere, 0, "in no block")));
    for (unsigned i = 0; i < COUNT; i++)
        free(held[i]);
    CHECK(mallinfo2().hblks == 0 && mallinfo2().hblkhd == 0);
}

TAP_MAIN(TEST(a_large_block_is_known_by_its_start_alone), TEST(a_block_of_another_threads_arena_is_checked_as_well),
         TEST(an_address_without_memory_is_no_block), TEST(another_mapping_is_no_block),
         TEST(every_large_block_is_known))
