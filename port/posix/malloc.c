/* malloc.c: the family as a process sees it: small blocks are an arena's (arena.h), large ones mappings of their own
 * (mapped.h).
 *
 * errno becomes ENOMEM where there is no memory, and EINVAL for an alignment that is not a power of two.
 *
 * SPDX-License-Identifier: MIT */
#include "visible.h"

#include "arena.h"
#include "fork.h"
#include "mapped.h"
#include "pages.h"

#include <errno.h>
#include <string.h>

_Static_assert(CAIRN_POSIX_MAP_FROM <= HEAP_MAX_REQUEST, "what is smaller is a number of granules");

static COLD __attribute__((noinline)) void *refuse(int error)
{
    errno = error;
    return NULL;
}

/* ---- Taking ---------------------------------------------------------------------------------- */

/* A request as the arenas see it, and what they say of the block. */
struct request {
    struct heap_fit fit;
    index_t clean; /* granules of the block, from this one on, are 0 */
};

/* In one arena, under its lock: take what is asked for, and free what the alignment leaves over. */
static char *take(struct arena *arena, struct request *request)
{
    const struct heap_fit *fit = &request->fit;
    struct cairn_heap *heap = arena->heap;
    index_t ready = arena->ready;
    char *p = arena_take(arena, heap, fit->have);
    if (p == NULL)
        return NULL;
    index_t gap = heap_gap(fit, p);
    index_t i = heap_granule_index(heap, p);
    if (fit->have > gap + fit->n)
        heap_cut(heap, i, fit->have, gap + fit->n);
    if (gap != 0) {
        heap_split(heap, i, gap + fit->n, gap);
        heap_free(heap, p);
    }
    request->clean = ready > i + gap ? ready - i - gap : 0;
    return p + (size_t)gap * CAIRN_GRANULE;
}

/* In one arena. NULL also if its lock refuses, and then *`refused` is true. */
static char *take_in(struct arena *arena, struct request *request, bool *refused)
{
    enum lock_state state = lock_enter(&arena->lock);
    if (state == LOCK_REFUSED) {
        *refused = true;
        return NULL;
    }
    char *p = take(arena, request);
    arena_leave(arena, state);
    return p;
}

/* Another thread forks: take where it is not in the way. */
static char *take_during_fork(struct request *request)
{
    bool refused = false;
    struct arena *arena = arena_for_fork();
    return arena != NULL ? take_in(arena, request, &refused) : NULL;
}

/* In any other arena that has begun. A thread whose own one is at its end moves there. */
static char *take_elsewhere(struct request *request)
{
    bool refused = false;
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++) {
        struct arena *arena = &arena_all[i];
        char *p = arena != arena_mine && arena_has_begun(arena) ? take_in(arena, request, &refused) : NULL;
        if (p == NULL)
            continue;
        if (!arena_can_grow(arena_mine) && arena_can_grow(arena) && !arena->for_fork)
            arena_change(arena);
        return p;
    }
    return NULL;
}

/* In this thread's arena; where that has no more, in others, and in a new one if it cannot grow. */
COLD static char *take_in_arenas(struct request *request)
{
    bool refused = false;
    struct arena *arena = arena_mine != &arena_none ? arena_mine : arena_choose();
    if (arena == NULL)
        return NULL;
    char *p = take_in(arena, request, &refused);
    if (p == NULL && refused)
        p = take_during_fork(request);
    if (p == NULL)
        p = take_elsewhere(request);
    if (p != NULL || arena_can_grow(arena))
        return p;
    struct arena *begun = arena_begin(false);
    if (begun == NULL)
        return NULL;
    arena_change(begun);
    return take_in(begun, request, &refused);
}

/* Every request that is not simply an arena's. *`clean`: bytes from here on are 0. */
COLD static char *take_any(size_t alignment, size_t size, size_t *clean)
{
    struct request request = {.clean = 0};
    size_t bytes;
    *clean = 0;
    if (size > PTRDIFF_MAX || __builtin_add_overflow(size, alignment - 1u, &bytes))
        return NULL;
    char *p = bytes >= mapped_least() ? mapped_take(alignment, size) : NULL;
    if (p == NULL && heap_fit_aligned(&request.fit, alignment, size)) {
        p = take_in_arenas(&request);
        *clean = (size_t)request.clean * CAIRN_GRANULE;
    }
    if (p == NULL && arena_mine == &arena_none) { /* there are no arenas here */
        p = mapped_take(alignment, size);
        *clean = 0;
    }
    return p;
}

COLD __attribute__((noinline)) static void *malloc_slowly(size_t size)
{
    size_t clean;
    void *p = take_any(CAIRN_GRANULE, size, &clean);
    return p != NULL ? p : refuse(ENOMEM);
}

void *malloc(size_t size)
{
    struct arena *arena = arena_mine;
    if (size - 1u >= mapped_least() - 1u || !lock_try(&arena->lock)) /* 0, too, is past the end */
        return malloc_slowly(size);
    struct cairn_heap *heap = arena->heap;
    void *p = arena_take(arena, heap, (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE));
    arena_watch(arena, heap);
    lock_drop(&arena->lock);
    return __builtin_expect(p != NULL, 1) ? p : malloc_slowly(size);
}

void *calloc(size_t count, size_t size)
{
    enum { WORTH = 64 << 10 }; /* bytes: to clear fewer is faster than to know whether they are 0 */
    size_t bytes, clean = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        return refuse(ENOMEM);
    char *p = bytes < WORTH ? malloc(bytes) : take_any(CAIRN_GRANULE, bytes, &clean);
    if (p == NULL)
        return refuse(ENOMEM);
    bool known = bytes >= WORTH;
    return memset(p, 0, known && clean < bytes ? clean : bytes);
}

/* ---- Freeing --------------------------------------------------------------------------------- */

/* Whatever is not simply an arena's whose lock is free. */
COLD __attribute__((noinline)) static void free_slowly(void *p)
{
    struct arena *arena = arena_of(p);
    if (p == NULL)
        return;
    if (arena == NULL) {
        mapped_free(p);
        return;
    }
    enum lock_state state = lock_enter(&arena->lock);
    if (state != LOCK_REFUSED) {
        heap_free(arena->heap, p);
        arena_leave(arena, state);
    } else if (__atomic_load_n(&arena->lock.word, __ATOMIC_RELAXED) == LOCK_DEAD) {
        heap_live_size(arena->heap, p); /* must be a live block all the same */
    } else {
        fork_free_later(p);
    }
}

/* NULL is in no arena, or in one that has not begun. */
void free(void *p)
{
    struct arena *arena = arena_of(p);
    __asm("" : "+r"(arena)); /* one register: the compiler would work its parts out again */
    if (arena == NULL || !lock_try(&arena->lock)) {
        free_slowly(p);
        return;
    }
    struct cairn_heap *heap = arena_heap(p);
    heap_free(heap, p);
    arena_watch(arena, heap);
    lock_drop(&arena->lock);
}

/* ---- Sizes ----------------------------------------------------------------------------------- */

/* The bits that tell a live block's size do not change while it is live: they can be read without the lock. */
size_t malloc_usable_size(void *p)
{
    if (p == NULL)
        return 0;
    struct arena *arena = arena_of(p);
    if (arena == NULL)
        return mapped_size(p);
    enum lock_state state = lock_enter(&arena->lock);
    index_t size = heap_live_size(arena->heap, p);
    lock_leave(&arena->lock, state);
    return (size_t)size * CAIRN_GRANULE;
}

/* The block at `p`, of `old` bytes, cannot be resized where it is. */
COLD static void *move(void *p, size_t old, size_t size)
{
    void *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, p, old < size ? old : size);
    free(p);
    return moved;
}

COLD static void *realloc_mapped(void *p, size_t size)
{
    size_t old = mapped_size(p);
    if (size >= mapped_least() / 2) {
        void *moved = mapped_resize(p, size);
        if (moved != NULL)
            return moved;
    }
    return move(p, old, size);
}

/* Let the block at granule *i grow to n granules or more, under the arena's lock. Returns the new size, and sets *i
 * to the new start; 0 if it cannot. */
static index_t extend(struct arena *arena, index_t *i, index_t old, index_t n)
{
    struct cairn_heap *heap = arena->heap;
    if (n - old <= arena->ready - heap->top || (*i + old == heap->top && arena_open(arena, n - old)))
        return heap_extend(heap, i, old, n);
    arena_fence(arena);
    index_t size = heap_extend(heap, i, old, n);
    arena_unfence(arena);
    return size;
}

/* Move the bytes of a block that has grown downwards, or else come elsewhere, and cut off the rest. */
static void *settle(struct arena *arena, char *p, index_t old, index_t i, index_t have, index_t n)
{
    struct cairn_heap *heap = arena->heap;
    char *moved = heap_pointer(heap, i);
    if (moved != p)
        memmove(moved, p, (size_t)old * CAIRN_GRANULE);
    if (have > n) {
        enum lock_state state = lock_enter(&arena->lock);
        if (state != LOCK_REFUSED) { /* else it stays larger than it need be */
            heap_cut(heap, i, have, n);
            arena_leave(arena, state);
        }
    }
    return moved;
}

static void *realloc_in_arena(struct arena *arena, void *p, size_t size)
{
    enum lock_state state = lock_enter(&arena->lock);
    struct cairn_heap *heap = arena->heap;
    index_t old = heap_live_size(heap, p);
    index_t i = heap_granule_index(heap, p);
    index_t n = heap_granules(size);
    if (state == LOCK_REFUSED || n == 0 || (n > old && size >= mapped_least())) {
        lock_leave(&arena->lock, state);
        return n == 0 ? refuse(ENOMEM) : move(p, (size_t)old * CAIRN_GRANULE, size);
    }
    index_t have = n > old ? extend(arena, &i, old, n) : old;
    arena_leave(arena, state);
    if (have == 0)
        return move(p, (size_t)old * CAIRN_GRANULE, size);
    return settle(arena, p, old, i, have, n);
}

void *realloc(void *p, size_t size)
{
    if (p == NULL)
        return malloc(size);
    struct arena *arena = arena_of(p);
    return arena != NULL ? realloc_in_arena(arena, p, size) : realloc_mapped(p, size);
}

void *reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;
    return realloc(p, __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

void cfree(void *p)
{
    free(p);
}

void *reallocf(void *p, size_t size)
{
    void *moved = realloc(p, size);
    if (moved == NULL)
        free(p);
    return moved;
}

/* ---- Alignment ------------------------------------------------------------------------------- */

void *memalign(size_t alignment, size_t size)
{
    size_t clean;
    if (!heap_is_alignment(alignment))
        return refuse(EINVAL);
    if (alignment <= CAIRN_GRANULE)
        return malloc(size);
    void *p = take_any(alignment, size, &clean);
    return p != NULL ? p : refuse(ENOMEM);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || !heap_is_alignment(alignment))
        return EINVAL;
    void *p = memalign(alignment, size);
    if (p == NULL)
        return ENOMEM;
    *result = p;
    return 0;
}

void *valloc(size_t size)
{
    return memalign(pages_size(), size);
}

void *pvalloc(size_t size)
{
    /* Past SIZE_MAX - page the sum would wrap round; nothing so large is served anyway. */
    size_t page = pages_size();
    return memalign(page, size > SIZE_MAX - page ? size : (size + page - 1u) & ~(page - 1u));
}

/* ---- The system ------------------------------------------------------------------------------ */

int malloc_trim(size_t pad)
{
    bool any = false;
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++) {
        struct arena *arena = &arena_all[i];
        enum lock_state state = arena_has_begun(arena) ? lock_enter(&arena->lock) : LOCK_REFUSED;
        if (state == LOCK_REFUSED)
            continue;
        any = arena_trim(arena, pad) || any;
        arena_leave(arena, state);
    }
    return any;
}

/* Arenas are as many as are needed, whatever a program asks for; nothing else can be set. */
int mallopt(int parameter, int value)
{
    enum { ARENA_TEST = -7, ARENA_MAX = -8 };
    (void)value;
    return parameter == ARENA_TEST || parameter == ARENA_MAX;
}
