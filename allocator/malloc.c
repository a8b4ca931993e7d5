/* malloc.c: the malloc family, over the system heap, which starts itself and grows by the break.
 *
 * The lock is held for metadata work only: bytes are copied and cleared with it released. errno
 * becomes ENOMEM where memory is wanting, and EINVAL for an alignment that is none.
 *
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include "heap_ops.h"
#include "port.h"
#include "system.h"

#include <errno.h>
#include <string.h>

#define STATE cairn_system_state

/* The unit of valloc() and pvalloc(). There is no page on a microcontroller; newlib's is 4096. */
enum { PAGE = 4096 };

struct cairn_heap *cairn_system(void)
{
    return STATE.heap;
}

static __attribute__((noinline)) void *refuse(int error)
{
    errno = error;
    return NULL;
}

/* ---- Steps, with the lock held -------------------------------------------------------------- */

/* The break as an index: the top, unless somebody else has moved it. */
static inline index_t break_index(struct cairn_heap *heap)
{
    return (index_t)(((uintptr_t)STATE.brk - (uintptr_t)heap + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
}

static void follow_top(struct cairn_heap *heap)
{
    STATE.brk = heap_pointer(heap, heap->top);
}

/* n granules that the free blocks do not have: lay the heap out if this is the first request; raise
 * the top; leave out what somebody else has taken from the break. Returns 0, with nothing changed,
 * if there is no room. */
static __attribute__((noinline)) index_t grow(index_t n)
{
    struct cairn_heap *heap = STATE.heap;
    if (heap == NULL) {
        char *brk = STATE.brk != NULL ? STATE.brk : port_heap_start();
        if ((uintptr_t)brk >= (uintptr_t)port_heap_limit())
            return 0;
        heap = heap_init(brk, (uintptr_t)port_heap_limit() - (uintptr_t)brk);
        if (heap == NULL)
            return 0;
        STATE.heap = heap;
        follow_top(heap);
    }
    index_t brk = break_index(heap);
    if (brk != heap->top && !heap_reserve(heap, brk, n))
        return 0;
    index_t i = heap_take_top(heap, n);
    if (i != 0)
        follow_top(heap);
    return i;
}

/* n granules, from wherever there are some. Returns 0 if there are none. */
static inline index_t take(index_t n)
{
    struct cairn_heap *heap = STATE.heap;
    index_t i;
    return heap != NULL && heap_take(heap, n, &i) ? i : grow(n);
}

/* ---- The family ----------------------------------------------------------------------------- */

void *malloc(size_t size)
{
    if (size - 1u >= HEAP_MAX_REQUEST) {
        if (size != 0)
            return refuse(ENOMEM);
        size = 1;
    }
    index_t n = (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    uint32_t state = port_lock();
    struct cairn_heap *heap = STATE.heap;
    index_t i;
    if (heap != NULL && heap_take(heap, n, &i)) {
        port_unlock(state);
        return heap_pointer(heap, i);
    }
    i = grow(n);
    port_unlock(state);
    return i != 0 ? heap_pointer(STATE.heap, i) : refuse(ENOMEM);
}

void free(void *p)
{
    if (p == NULL)
        return;
    uint32_t state = port_lock();
    heap_free(STATE.heap, p, &STATE.brk);
    port_unlock(state);
}

void cfree(void *p)
{
    free(p);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    void *p = malloc(bytes);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

void *realloc(void *p, size_t size)
{
    if (p == NULL)
        return malloc(size);
    index_t n = heap_granules(size);
    uint32_t state = port_lock();
    struct cairn_heap *heap = STATE.heap;
    index_t old;
    index_t from = heap_live_block(heap, p, &old);
    index_t to = from;
    index_t have = old;
    if (n > old) {
        have = heap_extend(heap, &to, old, n, break_index(heap));
        if (heap->top > break_index(heap))
            follow_top(heap);
        if (have == 0)
            to = take(n);
    }
    if (n == 0 || to == 0) {
        port_unlock(state);
        return refuse(ENOMEM);
    }
    if (to != from) {
        /* Both ends of the move are the caller's: the one not yet freed, the other taken. */
        port_unlock(state);
        memmove(heap_pointer(heap, to), p, (size_t)old * CAIRN_GRANULE);
        state = port_lock();
    }
    if (have == 0)
        free(p);
    else
        heap_cut(heap, to, have, n, &STATE.brk);
    port_unlock(state);
    return heap_pointer(heap, to);
}

void *reallocf(void *p, size_t size)
{
    void *moved = realloc(p, size);
    if (moved == NULL)
        free(p);
    return moved;
}

void *reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;
    return realloc(p, __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

void *memalign(size_t alignment, size_t size)
{
    if (alignment == 0 || (alignment & (alignment - 1u)) != 0)
        return refuse(EINVAL);
    if (alignment <= CAIRN_GRANULE)
        return malloc(size);
    struct heap_fit fit;
    if (!heap_fit_aligned(&fit, alignment, size))
        return refuse(ENOMEM);
    void *p = NULL;
    uint32_t state = port_lock();
    index_t i = take(fit.have);
    if (i != 0)
        p = heap_align(STATE.heap, i, &fit, &STATE.brk);
    port_unlock(state);
    return p != NULL ? p : refuse(ENOMEM);
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
    return memalign(PAGE, size);
}

void *pvalloc(size_t size)
{
    /* Past SIZE_MAX - PAGE the sum would wrap round; nothing so large is served anyway. */
    return memalign(PAGE, size > SIZE_MAX - PAGE ? size : (size + PAGE - 1u) & ~(size_t)(PAGE - 1u));
}

size_t malloc_usable_size(void *p)
{
    index_t size = 0;
    if (p != NULL) {
        uint32_t state = port_lock();
        heap_live_block(STATE.heap, p, &size);
        port_unlock(state);
    }
    return (size_t)size * CAIRN_GRANULE;
}

int malloc_trim(size_t pad)
{
    (void)pad;
    uint32_t state = port_lock();
    struct cairn_heap *heap = STATE.heap;
    bool trimmed = heap != NULL && break_index(heap) == heap->top && heap_trim(heap);
    if (trimmed)
        follow_top(heap);
    port_unlock(state);
    return trimmed;
}

int mallopt(int parameter, int value)
{
    (void)parameter;
    (void)value;
    return 0; /* nothing to set: all options are chosen at build time */
}
