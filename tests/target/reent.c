/* newlib's reentrant names: the same heap, and the plain names' errno.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "system/system.h"
#include "tap.h"

#include <errno.h>
#include <malloc.h>
#include <reent.h>

/* Not in newlib's headers. */
void *_reallocf_r(struct _reent *reent, void *p, size_t size);
void _cfree_r(struct _reent *reent, void *p);
void *_sbrk(ptrdiff_t increment);

static struct _reent mine; /* not the one that errno means: no name writes there */
static char *memory;
static size_t memory_size;
static uint32_t memory_before, state_before;

static const size_t too_large[] = {SIZE_MAX,     SIZE_MAX - 1,  SIZE_MAX - 2,  SIZE_MAX - 7,
                                   SIZE_MAX - 8, SIZE_MAX - 15, SIZE_MAX - 16, (size_t)PTRDIFF_MAX + 1,
                                   PTRDIFF_MAX,  0x80001};
enum { SIZES = sizeof too_large / sizeof too_large[0] };

static void before(void)
{
    mine._errno = errno = 0;
    memory_before = hash(memory, memory_size);
    state_before = hash(&cairn_system_state, sizeof cairn_system_state);
}

static bool refused(bool refusal, int error)
{
    return refusal && errno == error && memory_before == hash(memory, memory_size) &&
           state_before == hash(&cairn_system_state, sizeof cairn_system_state);
}

#define REFUSED(error, call) (before(), CHECK(refused(launder(call) == NULL, error) && mine._errno == 0))

static void the_reentrant_names_serve_the_same_heap(void)
{
    keep_room(8192);
    memory = sbrk(0);
    memory_size = room();
    mine._errno = 0;
    char *p = launder(_malloc_r(&mine, 100));
    fill(p, 100, 1);
    CHECK(malloc_usable_size(p) == 104 && _malloc_usable_size_r(&mine, p) == 104);
    p = launder(_realloc_r(&mine, p, 300));
    CHECK(p != NULL && filled(p, 100, 1));
    p = launder(_reallocf_r(&mine, p, 310));
    CHECK(p != NULL && filled(p, 100, 1));
    char *q = launder(_calloc_r(&mine, 5, 20));
    CHECK(q != NULL && all_zero(q, 100));
    char *r = launder(_memalign_r(&mine, 256, 20));
    CHECK(r != NULL && aligned(r, 256));
    _free_r(&mine, p);
    free(q);
    _cfree_r(&mine, r);
    _free_r(&mine, NULL);
    CHECK(mine._errno == 0);
    CHECK(system_empty());
}

static void refused_requests_set_errno_and_change_nothing(void)
{
    char *p = launder(malloc(100));
    fill(p, 100, 2);
    for (unsigned i = 0; i < SIZES; i++) {
        REFUSED(ENOMEM, _malloc_r(&mine, too_large[i]));
        REFUSED(ENOMEM, _calloc_r(&mine, too_large[i], 1));
        REFUSED(ENOMEM, _calloc_r(&mine, 1, too_large[i]));
        REFUSED(ENOMEM, _realloc_r(&mine, p, too_large[i]));
        REFUSED(ENOMEM, _realloc_r(&mine, NULL, too_large[i]));
        REFUSED(ENOMEM, _reallocf_r(&mine, NULL, too_large[i]));
        REFUSED(ENOMEM, _memalign_r(&mine, 64, too_large[i]));
        REFUSED(ENOMEM, _valloc_r(&mine, too_large[i]));
        REFUSED(ENOMEM, _pvalloc_r(&mine, too_large[i]));
    }
    REFUSED(ENOMEM, _malloc_r(&mine, memory_size));
    REFUSED(ENOMEM, _malloc_r(&mine, memory_size + 1));
    REFUSED(ENOMEM, _calloc_r(&mine, 0x40000001, 4));
    REFUSED(ENOMEM, _calloc_r(&mine, SIZE_MAX, 2));
    REFUSED(ENOMEM, _calloc_r(&mine, 65536, 65537));
    REFUSED(ENOMEM, _memalign_r(&mine, 64, SIZE_MAX - 63));
    REFUSED(ENOMEM, _memalign_r(&mine, (size_t)1 << 31, 8));
    REFUSED(EINVAL, _memalign_r(&mine, 0, 8));
    REFUSED(EINVAL, _memalign_r(&mine, 3, 8));
    CHECK(filled(p, 100, 2));
    free(p);
    CHECK(system_empty());
}

static void sbrk_sets_errno_in_the_structure_named(void)
{
    char *brk = sbrk(0);
    const ptrdiff_t bad[] = {INTPTR_MIN, INTPTR_MAX, port_heap_limit() - brk + 1, port_heap_start() - brk - 1};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        before();
        CHECK(refused(_sbrk_r(&mine, bad[i]) == (void *)-1, ENOMEM) && mine._errno == ENOMEM);
        CHECK(_sbrk(bad[i]) == (void *)-1);
    }
    CHECK(_sbrk_r(&mine, 0) == brk && _sbrk(0) == brk);
    CHECK(_sbrk_r(&mine, 5) == brk && _sbrk(-5) == brk + 5 && sbrk(0) == brk);
}

static void the_figures_of_mallinfo_add_up(void)
{
    struct mallinfo empty = _mallinfo_r(&mine);
    CHECK(empty.uordblks == 0);
    char *p = launder(malloc(100));
    char *q = launder(malloc(60));
    void *top = launder(malloc(8));
    free(p);
    struct mallinfo info = mallinfo();
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    CHECK((size_t)info.uordblks == stats.used && info.uordblks == 64 + 8);
    CHECK((size_t)info.fordblks == stats.free && info.fordblks >= 104);
    CHECK((size_t)info.arena == stats.size);
    CHECK(_malloc_trim_r(&mine, 0) == 0 && _mallopt_r(&mine, 1, 1) == 0);
    _malloc_stats_r(&mine);
    free(q);
    free(top);
    CHECK(mallinfo().uordblks == 0 && system_empty());
}

TAP_MAIN(TEST(the_reentrant_names_serve_the_same_heap), TEST(refused_requests_set_errno_and_change_nothing),
         TEST(sbrk_sets_errno_in_the_structure_named), TEST(the_figures_of_mallinfo_add_up))
