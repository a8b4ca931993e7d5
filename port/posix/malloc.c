/* malloc.c: the family as a process sees it, over the heap's four names for taking (core.h): what is to be
 * said to the system, and the names that are made of others. A large request asks for room first.
 *
 * SPDX-License-Identifier: MIT */
#include "core.h"

#include "heap.h"
#include "port.h"
#include "system.h"

#include <errno.h>
#include <string.h>

enum { HUGE = 4 << 20 }; /* bytes: cleared by the system; copied a piece at a time */

static void *refuse(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return pages_has_room(size) ? core_malloc(size) : refuse();
}

/* ---- calloc ---------------------------------------------------------------------------------- */

/* Take n granules, for which there is room. What is below *end may have been written to, the rest of the
 * block is 0. */
static char *take(index_t n, char **end)
{
    struct cairn_heap *heap = cairn_system();
    uint32_t state = port_lock();
    index_t top = heap->top;
    index_t touched = pages_state.touched;
    void *p = heap_take(heap, n);
    port_unlock(state);
    if (p == NULL)
        return NULL;
    index_t i = heap_granule_index(heap, p);
    index_t past = i + n;
    if (i == top && touched < past) /* from above the top */
        past = touched > i ? touched : i;
    *end = heap_pointer(heap, past);
    return p;
}

/* Where pages are dear to clear, the system gives others when they are needed. */
static void clear(char *from, char *to)
{
    size_t page = pages_size();
    if ((size_t)(to - from) >= HUGE && pages_give_back(from, to)) {
        memset(from, 0, -(uintptr_t)from & (page - 1u));
        from = to - ((uintptr_t)to & (page - 1u));
    }
    memset(from, 0, (size_t)(to - from));
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || !pages_has_room(bytes))
        return refuse();
    if (bytes < PAGES_LARGE)
        return core_calloc(1, bytes);
    char *end;
    char *p = take(heap_granules(bytes), &end);
    if (p == NULL)
        return refuse();
    clear(p, end);
    return p;
}

/* ---- realloc --------------------------------------------------------------------------------- */

/* Copy, and give back what has been: both places are the caller's, and need not be in memory at once. */
static void move(char *to, char *from, size_t size)
{
    while (size > 0) {
        size_t piece = size < HUGE / 4 ? size : HUGE / 4;
        memcpy(to, from, piece);
        pages_give_back(from, from + piece);
        to += piece;
        from += piece;
        size -= piece;
    }
}

/* Make the block at `p` n granules or larger, if it is to grow and has HUGE bytes: where it is, or
 * elsewhere. NULL if there is no room. */
static char *grow(char *p, index_t n)
{
    uint32_t state = port_lock();
    struct cairn_heap *heap = cairn_system();
    index_t old = heap_live_size(heap, p);
    index_t from = heap_granule_index(heap, p);
    index_t to = from;
    index_t have = old;
    char *grown = p;
    if (n > old && (size_t)old * CAIRN_GRANULE >= HUGE) {
        have = heap_extend(heap, &to, old, n);
        grown = have == 0 ? heap_take(heap, n) : heap_pointer(heap, to);
    }
    port_unlock(state);
    if (grown == NULL)
        return NULL;
    if (have == 0) {
        move(grown, p, (size_t)old * CAIRN_GRANULE);
        free(p);
    } else if (to != from) {
        memmove(grown, p, (size_t)old * CAIRN_GRANULE);
    }
    return grown;
}

void *realloc(void *p, size_t size)
{
    if (!pages_has_room(size)) {
        malloc_usable_size(p); /* must be a live block all the same */
        return refuse();
    }
    if (p == NULL || size < HUGE)
        return core_realloc(p, size);
    p = grow(p, heap_granules(size));
    return p == NULL ? refuse() : core_realloc(p, size); /* which cuts off what is too much */
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

/* What is wrong with it is for the heap to say. */
static bool has_room_aligned(size_t alignment, size_t size)
{
    size_t bytes;
    if (alignment == 0 || (alignment & (alignment - 1u)) != 0)
        return true;
    return !__builtin_add_overflow(alignment, size, &bytes) && pages_has_room(bytes);
}

void *memalign(size_t alignment, size_t size)
{
    return has_room_aligned(alignment, size) ? core_memalign(alignment, size) : refuse();
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *p = memalign(alignment, size);
    int error = errno;
    errno = saved;
    if (p == NULL)
        return error;
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
    uint32_t state = port_lock();
    bool any = pages_trim(pad);
    port_unlock(state);
    return any;
}

/* There is one arena, whoever asks for how many; nothing else can be set. */
int mallopt(int parameter, int value)
{
    enum { ARENA_TEST = -7, ARENA_MAX = -8 };
    (void)value;
    return parameter == ARENA_TEST || parameter == ARENA_MAX;
}
