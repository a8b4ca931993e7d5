/* Every name of glibc's malloc interface is this heap's, and does what glibc's manual says of it.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t used(void)
{
    return mallinfo2().uordblks;
}

/* Is it a block of the first arena? */
static bool is_ours(const void *p)
{
    struct cairn_heap *heap = cairn_system();
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    return (uintptr_t)p > (uintptr_t)heap && (uintptr_t)p - (uintptr_t)heap < stats.size;
}

/* The function of this name, into a pointer to one. */
static void find(void *pointer, const char *name)
{
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(pointer, &address, sizeof address);
}

/* A program that looks a name up at run time finds the same heap, under every name that glibc has. */
static void every_name_reaches_this_heap(void)
{
    static const char *const by_size[] = {"malloc",        "valloc",        "pvalloc",
                                          "__libc_malloc", "__libc_valloc", "__libc_pvalloc"};
    static const char *const by_two[] = {"calloc", "memalign", "aligned_alloc", "__libc_calloc", "__libc_memalign"};
    static const char *const frees[] = {"free", "cfree", "__libc_free"};
    static const char *const resizes[] = {"realloc", "__libc_realloc", "reallocf"};
    void *(*of_size)(size_t), *(*of_two)(size_t, size_t), *(*resize)(void *, size_t);
    void (*release)(void *);
    size_t before = used();
    for (unsigned i = 0; i < sizeof by_size / sizeof by_size[0]; i++) {
        find(&of_size, by_size[i]);
        find(&release, frees[i % 3]);
        void *p = of_size(100);
        CHECK(is_ours(p) && used() > before);
        release(p);
    }
    for (unsigned i = 0; i < sizeof by_two / sizeof by_two[0]; i++) {
        find(&of_two, by_two[i]);
        find(&release, frees[i % 3]);
        void *p = of_two(16, 100);
        CHECK(is_ours(p) && used() > before);
        release(p);
    }
    for (unsigned i = 0; i < sizeof resizes / sizeof resizes[0]; i++) {
        find(&resize, resizes[i]);
        void *p = resize(resize(NULL, 10), 5000);
        CHECK(is_ours(p) && malloc_usable_size(p) >= 5000);
        free(p);
    }
    CHECK(used() == before);
}

static void the_c_library_itself_uses_this_heap(void)
{
    char *copy = strdup("a copy");
    char *text = NULL;
    CHECK(is_ours(copy) && asprintf(&text, "%s of %d", copy, 7) == 11 && is_ours(text));
    free(copy);
    free(text);
    char *name = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&name, &size);
    fprintf(memory, "%1000d", 5);
    fclose(memory);
    CHECK(is_ours(name) && size == 1000);
    free(name);
    name = realpath("/", NULL);
    CHECK(is_ours(name));
    free(name);
}

static void page_names_know_the_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p = launder(valloc(1));
    void *q = launder(pvalloc(1));
    void *r = launder(pvalloc(page + 1));
    void *s = launder(pvalloc(0));
    CHECK(aligned(p, page) && aligned(q, page) && aligned(r, page) && aligned(s, page));
    CHECK(malloc_usable_size(q) == page && malloc_usable_size(r) == 2 * page);
    free(p);
    free(q);
    free(r);
    free(s);
}

static void alignments_hold(void)
{
    for (size_t alignment = 8; alignment <= (size_t)64 << 20; alignment *= 2) {
        void *p = NULL;
        void *q = launder(memalign(alignment, 100));
        void *r = launder(aligned_alloc(alignment, alignment));
        CHECK(posix_memalign(&p, alignment, 3 * alignment) == 0 && aligned(p, alignment));
        CHECK(q != NULL && aligned(q, alignment) && r != NULL && aligned(r, alignment));
        free(p);
        free(q);
        free(r);
    }
}

/* As glibc's: errno as malloc() leaves it, or as it was where the alignment is wrong. */
static void posix_memalign_sets_errno_where_there_is_no_memory(void)
{
    void *p = NULL;
    errno = 4711;
    CHECK(posix_memalign(&p, 64, SIZE_MAX / 4) == ENOMEM && errno == ENOMEM);
    errno = 4711;
    CHECK(posix_memalign(&p, 64, SIZE_MAX) == ENOMEM && errno == ENOMEM);
    errno = 4711;
    CHECK(posix_memalign(&p, 3, 100) == EINVAL && posix_memalign(&p, 0, 100) == EINVAL && errno == 4711);
    CHECK(posix_memalign(&p, 64, 100) == 0 && errno == 4711);
    free(p);
}

static void sizes_told_to_free_are_taken(void)
{
    void (*free_sized)(void *, size_t), (*free_aligned_sized)(void *, size_t, size_t);
    find(&free_sized, "free_sized");
    find(&free_aligned_sized, "free_aligned_sized");
    size_t before = used();
    free_sized(malloc(100), 100);
    free_sized(NULL, 0);
    free_aligned_sized(aligned_alloc(64, 640), 64, 640);
    CHECK(used() == before);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* mallinfo() is there for old programs */
static void figures_agree(void)
{
    size_t before = used();
    void *p = launder(malloc(1000));
    struct mallinfo2 wide = mallinfo2();
    CHECK(wide.uordblks == before + 1008 && wide.arena >= wide.uordblks + wide.fordblks);
    struct mallinfo narrow = mallinfo();
    CHECK((size_t)narrow.uordblks == wide.uordblks && (size_t)narrow.fordblks == wide.fordblks);
    void *large = launder(malloc((size_t)3 << 30));
    CHECK(mallinfo().hblkhd == INT32_MAX && mallinfo2().hblkhd >= (size_t)3 << 30 && mallinfo2().hblks == 1);
    free(large);
    free(p);
}

/* What a function writes on standard error. */
static size_t written_by(void (*function)(void), char *text, size_t room)
{
    int ends[2], saved = dup(STDERR_FILENO);
    if (pipe(ends) != 0)
        tap_exit(2);
    dup2(ends[1], STDERR_FILENO);
    function();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], text, room - 1);
    close(ends[0]);
    text[n < 0 ? 0 : n] = '\0';
    return n < 0 ? 0 : (size_t)n;
}

static void malloc_stats_writes_a_line(void)
{
    char text[300], expected[60];
    snprintf(expected, sizeof expected, "heap: %zu bytes used, ", used());
    size_t n = written_by(malloc_stats, text, sizeof text);
    CHECK(n > 0 && text[n - 1] == '\n' && strchr(text, '\n') == text + n - 1);
    CHECK(strncmp(text, expected, strlen(expected)) == 0);
}

static void malloc_info_writes_xml(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CHECK(malloc_info(0, stream) == 0);
    fclose(stream);
    CHECK(strncmp(text, "<malloc version=\"1\">\n", 21) == 0 && strstr(text, "</malloc>\n") != NULL);
    errno = 0;
    CHECK(malloc_info(1, stdout) == -1 && errno == EINVAL);
    free(text);
}

static void mallopt_takes_what_it_can_keep(void)
{
    CHECK(mallopt(M_ARENA_MAX, 1) == 1);
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 0 && mallopt(12345, 0) == 0);
}

/* Before any constructor of the program: the list that comes first of all. */
static void *before_all;
static void allocate_before_all(void)
{
    before_all = malloc(77);
}
__attribute__((section(".preinit_array"), used)) static void (*const first_of_all)(void) = allocate_before_all;

static void code_before_constructors_can_allocate(void)
{
    CHECK(is_ours(before_all) && malloc_usable_size(before_all) == 80);
    free(before_all);
}

TAP_MAIN(TEST(every_name_reaches_this_heap), TEST(the_c_library_itself_uses_this_heap), TEST(page_names_know_the_page),
         TEST(alignments_hold), TEST(posix_memalign_sets_errno_where_there_is_no_memory),
         TEST(sizes_told_to_free_are_taken), TEST(figures_agree), TEST(malloc_stats_writes_a_line),
         TEST(malloc_info_writes_xml), TEST(mallopt_takes_what_it_can_keep),
         TEST(code_before_constructors_can_allocate))
