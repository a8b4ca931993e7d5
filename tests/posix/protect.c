/* What a program says of its own pages to the system stays so, however the heap grows and shrinks.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, BLOCKS = 400 };

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

static bool can_be_read(const void *p)
{
    static int ends[2] = {-1, -1};
    char byte;
    if (ends[0] < 0 && pipe(ends) != 0)
        tap_exit(2);
    return write(ends[1], p, 1) == 1 && read(ends[0], &byte, 1) == 1;
}

static bool can_be_written(void *p)
{
    static int zero = -1;
    if (zero < 0)
        zero = open("/dev/zero", O_RDONLY);
    return read(zero, p, 1) == 1;
}

/* Let the heap grow: by small blocks, by some that are just below a mapping of their own, by large ones. */
static void grow(void)
{
    static const size_t sizes[] = {100, 3000, KIB(100), MIB(1)};
    void *held[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++)
        held[i] = launder(malloc(sizes[i % 4]));
    for (unsigned i = 0; i < BLOCKS; i++)
        free(held[i]);
    free(launder(malloc(MIB(30))));
}

static void a_guard_page_in_a_block_stays_closed(void)
{
    static const size_t sizes[] = {3 * PAGE, KIB(64), MIB(1)};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = launder(aligned_alloc(PAGE, sizes[i]));
        CHECK(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
        grow();
        CHECK(!can_be_read(p + PAGE) && can_be_written(p) && can_be_written(p + 2 * PAGE));
        CHECK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
        free(p);
    }
}

static void a_page_made_read_only_stays_so(void)
{
    char *p = launder(valloc(2 * PAGE));
    p[0] = 7;
    CHECK(mprotect(p, PAGE, PROT_READ) == 0);
    grow();
    CHECK(can_be_read(p) && !can_be_written(p) && p[0] == 7);
    CHECK(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
    free(p);
}

#if defined(__x86_64__)
static void code_in_a_block_can_be_run_after_the_heap_has_grown(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
    int (*function)(void);
    char *p = launder(valloc(PAGE));
    memcpy(p, code, sizeof code);
    CHECK(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
    grow();
    memcpy(&function, &p, sizeof function);
    CHECK(function() == 42);
    CHECK(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
    free(p);
}
#else
static void code_in_a_block_can_be_run_after_the_heap_has_grown(void)
{
    tap_skip("the code is for x86-64");
}
#endif

/* Has the mapping that `p` lies in this flag, by /proc/self/smaps? */
static bool has_flag(const void *p, const char *flag)
{
    char line[600];
    unsigned long from, to;
    bool here = false, found = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = from <= (unsigned long)(uintptr_t)p && (unsigned long)(uintptr_t)p < to;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag) != NULL;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

static void what_it_said_by_madvise_stays(void)
{
    char *p = launder(valloc(4 * PAGE));
    CHECK(madvise(p + PAGE, PAGE, MADV_DONTDUMP) == 0);
    grow();
    CHECK(has_flag(p + PAGE, " dd"));
    CHECK(madvise(p + PAGE, PAGE, MADV_DODUMP) == 0);
    free(p);
}

/* realloc() of a block that is several mappings has to copy it. */
static void a_large_block_with_a_guard_page_can_move(void)
{
    char *p = launder(aligned_alloc(PAGE, MIB(2)));
    fill(p, PAGE, 1);
    CHECK(mprotect(p + MIB(1), PAGE, PROT_READ) == 0);
    p = launder(realloc(p, MIB(9)));
    CHECK(p != NULL && filled(p, PAGE, 1));
    free(p);
}

TAP_MAIN(TEST(a_guard_page_in_a_block_stays_closed), TEST(a_page_made_read_only_stays_so),
         TEST(code_in_a_block_can_be_run_after_the_heap_has_grown), TEST(what_it_said_by_madvise_stays),
         TEST(a_large_block_with_a_guard_page_can_move))
