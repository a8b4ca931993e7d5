/* arena.c: where arenas lie, and which one a thread keeps to. See arena.h.
 *
 * SPDX-License-Identifier: MIT */
#include "arena.h"

#include "pages.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>

_Static_assert(CAIRN_INDEX_BITS == 32 && UINTPTR_MAX > 0xffffffffu, "a process of 64 bits, and its index");
_Static_assert(CAIRN_POSIX_ARENA / CAIRN_GRANULE <= HEAP_MAX_GRANULES, "an arena is a heap");
_Static_assert((CAIRN_POSIX_ARENA & (CAIRN_POSIX_ARENA - 1u)) == 0, "arenas are found by the upper bits of an address");

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0
#endif

enum { FOR_THREADS = (CAIRN_POSIX_ARENAS + 1) / 2 }; /* arenas that threads share */

struct arena arena_all[CAIRN_POSIX_ARENAS], arena_none;
char *arena_area;
size_t arena_handle;
__thread struct arena *arena_mine = &arena_none;

/* ---- The area -------------------------------------------------------------------------------- */

/* Where the area may begin, and up to how many arenas higher. The first place is far from all that a system maps by
 * itself, whether upwards or downwards. The second one is for processes with only 39 bits of addresses, and for
 * ThreadSanitizer, which ends a program that asks for others. */
static const struct place {
    uintptr_t start;
    uint32_t spread;
} places[] = {
#ifndef __SANITIZE_THREAD__
    {(uintptr_t)0x2000 << 32, 2048},
#endif
    {(uintptr_t)0x10 << 32, 16},
};

/* A number below `spread`, so that addresses cannot be foretold; 0 where the process has asked for that. */
static uint32_t some_number(uint32_t spread)
{
    uint32_t number = 0;
    int persona = personality(0xffffffff);
    if (persona != -1 && (persona & ADDR_NO_RANDOMIZE) != 0)
        return 0;
    return getrandom(&number, sizeof number, GRND_NONBLOCK) == (ssize_t)sizeof number ? number % spread : 0;
}

static bool can_be_mapped(char *p)
{
    void *mapped = mmap(p, pages_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped == MAP_FAILED)
        return errno == EEXIST; /* there are such addresses */
    munmap(mapped, pages_size());
    return mapped == p;
}

/* Choose an area. If two threads do so at once, the first one's is taken. */
static bool find_area(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0] && __atomic_load_n(&arena_area, __ATOMIC_ACQUIRE) == NULL;
         i++) {
        char *none = NULL;
        char *start = (char *)(places[i].start + some_number(places[i].spread) * CAIRN_POSIX_ARENA);
        if (can_be_mapped(start))
            __atomic_compare_exchange_n(&arena_area, &none, start, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    return arena_area != NULL;
}

/* ---- Beginning ------------------------------------------------------------------------------- */

/* Map where the heap begins: its control data, and the map of what is behind that in the last page. */
static bool map_beginning(struct arena *arena, const struct heap_layout *layout, char *slot)
{
    char *high = pages_up(heap_granule(layout->heap, layout->first));
    index_t open = heap_granule_index(layout->heap, high);
    char *low = pages_down(map_tile(layout->heap, open));
    if (arena_is_small()) {
        low = slot;
        high = slot + CAIRN_POSIX_ARENA;
        open = layout->limit;
    }
    arena->low = low;
    arena->high = high;
    arena->open = arena->ready = arena->tidied = open;
    return pages_map(low, high, &arena->at_end);
}

/* Begin the arena in a slot. False if something else is mapped there, or the system has no memory. */
static bool begin(struct arena *arena)
{
    struct heap_layout layout;
    char *slot = arena_area + (size_t)(arena - arena_all) * CAIRN_POSIX_ARENA;
    if (!heap_lay_out(&layout, slot, CAIRN_POSIX_ARENA) || !map_beginning(arena, &layout, slot))
        return false;
    heap_write_control(&layout, heap_map_granules(layout.limit), heap_control_granules(&layout)); /* the map is clear */
    __atomic_store_n(&arena_handle, (size_t)((char *)layout.heap - slot), __ATOMIC_RELAXED);      /* the same for all */
    __atomic_store_n(&arena->heap, heap_begin(&layout), __ATOMIC_RELEASE);
    __atomic_store_n(&arena->lock.word, LOCK_FREE, __ATOMIC_RELEASE);
    return true;
}

struct arena *arena_begin(bool for_fork)
{
    int saved = errno;
    struct arena *begun = NULL;
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS && begun == NULL && find_area(); i++) {
        struct arena *arena = &arena_all[i];
        if (__atomic_exchange_n(&arena->claimed, true, __ATOMIC_ACQ_REL))
            continue;
        arena->for_fork = for_fork;
        if (begin(arena)) {
            begun = arena;
        } else if (arena_can_grow(arena)) { /* no memory, at present */
            __atomic_store_n(&arena->claimed, false, __ATOMIC_RELEASE);
            break;
        }
    }
    errno = saved;
    return begun;
}

struct arena *arena_first(void)
{
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++)
        if (arena_has_begun(&arena_all[i]))
            return &arena_all[i];
    return NULL;
}

/* ---- Threads --------------------------------------------------------------------------------- */

static pthread_key_t key;
static bool key_is_made;

static void add_threads(struct arena *arena, uint32_t n)
{
    __atomic_fetch_add(&arena->threads, n, __ATOMIC_RELAXED);
}

/* The thread ends; or it has allocated in a later destructor, and ends again. */
static void leave_arena(void *arena)
{
    arena_mine = &arena_none;
    add_threads(arena, -1u);
}

/* pthread_setspecific() allocates for none of the first 32 keys of a process, and this is one of them. */
static void keep_to(struct arena *arena)
{
    arena_mine = arena;
    if (key_is_made)
        pthread_setspecific(key, arena);
}

__attribute__((constructor)) static void watch_threads(void)
{
    key_is_made = pthread_key_create(&key, leave_arena) == 0;
    if (key_is_made && arena_mine != &arena_none)
        pthread_setspecific(key, arena_mine);
}

void arena_change(struct arena *arena)
{
    add_threads(arena, 1);
    add_threads(arena_mine, -1u);
    keep_to(arena);
}

/* May threads keep to it? */
static bool is_for_threads(const struct arena *arena)
{
    return arena_has_begun(arena) && !arena->for_fork &&
           __atomic_load_n(&arena->lock.word, __ATOMIC_RELAXED) != LOCK_DEAD;
}

/* An arena that no thread keeps to. */
static struct arena *take_over(void)
{
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++) {
        struct arena *arena = &arena_all[i];
        uint32_t none = 0;
        if (is_for_threads(arena) && arena_can_grow(arena) &&
            __atomic_compare_exchange_n(&arena->threads, &none, 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return arena;
    }
    return NULL;
}

static uint32_t begun_for_threads;

static struct arena *begin_for_thread(void)
{
    struct arena *arena = NULL;
    if (__atomic_fetch_add(&begun_for_threads, 1, __ATOMIC_RELAXED) < FOR_THREADS)
        arena = arena_begin(false);
    if (arena != NULL)
        add_threads(arena, 1);
    else
        __atomic_fetch_sub(&begun_for_threads, 1, __ATOMIC_RELAXED);
    return arena;
}

static uint32_t threads_of(const struct arena *arena)
{
    return __atomic_load_n(&arena->threads, __ATOMIC_RELAXED);
}

/* The arena that the fewest threads keep to; sooner one that can grow. */
static struct arena *share(void)
{
    struct arena *best = NULL;
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++) {
        struct arena *arena = &arena_all[i];
        if (!is_for_threads(arena))
            continue;
        if (best == NULL || arena_can_grow(arena) > arena_can_grow(best) ||
            (arena_can_grow(arena) == arena_can_grow(best) && threads_of(arena) < threads_of(best)))
            best = arena;
    }
    if (best != NULL)
        add_threads(best, 1);
    return best;
}

struct arena *arena_choose(void)
{
    struct arena *arena = take_over();
    if (arena == NULL)
        arena = begin_for_thread();
    if (arena == NULL)
        arena = share();
    if (arena != NULL)
        keep_to(arena);
    return arena;
}

/* ---- fork() ---------------------------------------------------------------------------------- */

static struct arena *during_fork;

struct arena *arena_for_fork(void)
{
    struct arena *arena = __atomic_load_n(&during_fork, __ATOMIC_ACQUIRE);
    if (arena != NULL)
        return arena;
    struct arena *begun = arena_begin(true);
    if (begun != NULL &&
        __atomic_compare_exchange_n(&during_fork, &arena, begun, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return begun;
    return arena; /* another thread was faster: its arena is used, and this one is not */
}

void arena_after_fork(void)
{
    during_fork = NULL;
    begun_for_threads = 0;
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++) {
        struct arena *arena = &arena_all[i];
        uint32_t frozen = LOCK_FROZEN;
        __atomic_store_n(&arena->threads, arena == arena_mine, __ATOMIC_RELAXED);
        if (!__atomic_compare_exchange_n(&arena->lock.word, &frozen, LOCK_FREE, false, __ATOMIC_RELAXED,
                                         __ATOMIC_RELAXED))
            __atomic_store_n(&arena->lock.word, LOCK_DEAD, __ATOMIC_RELAXED);
        begun_for_threads += is_for_threads(arena);
    }
    if (arena_mine->lock.word == LOCK_DEAD) /* begun between freezing and fork() */
        arena_mine = &arena_none;
}
