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

/* The first request: lay the heap out, from the break up to the limit of the region, and take n
 * granules of it. Returns 0, with nothing changed, if there is no room. */
static __attribute__((noinline)) index_t start(index_t n)
{
    char *brk = STATE.brk != NULL ? STATE.brk : port_heap_start();
    if ((uintptr_t)brk >= (uintptr_t)port_heap_limit())
        return 0;
    struct cairn_heap *heap = heap_init(brk, (uintptr_t)port_heap_limit() - (uintptr_t)brk);
    index_t i = heap == NULL ? 0 : heap_take(heap, n);
    if (i != 0)
        STATE.heap = heap;
    return i;
}

/* n granules of the system heap, with the lock held. 0 if there are none. */
static index_t take(index_t n)
{
    return STATE.heap != NULL ? heap_take(STATE.heap, n) : start(n);
}

/* ---- The family ----------------------------------------------------------------------------- */

void *malloc(size_t size)
{
    if (size - 1u >= HEAP_MAX_REQUEST) { /* 0, too, is past the end */
        if (size != 0)
            return refuse(ENOMEM);
        size = 1;
    }
    index_t n = (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    uint32_t state = port_lock();
    struct cairn_heap *heap = STATE.heap;
    index_t i;
    if (heap != NULL && heap_take_inline(heap, n, &i)) {
        port_unlock(state);
        return heap_pointer(heap, i);
    }
    i = heap == NULL ? start(n) : 0;
    port_unlock(state);
    return i != 0 ? heap_pointer(STATE.heap, i) : refuse(ENOMEM);
}

void free(void *p)
{
    if (p == NULL)
        return;
    uint32_t state = port_lock();
    heap_free_inline(STATE.heap, p);
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
        have = heap_extend(heap, &to, old, n);
        if (have == 0)
            to = heap_take(heap, n);
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
        heap_free(heap, p);
    else
        heap_cut(heap, to, have, n);
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
        p = heap_align(STATE.heap, i, &fit);
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

/* Nothing is ever held back: a block that becomes free at the top is given back at once. */
int malloc_trim(size_t pad)
{
    (void)pad;
    return 0;
}

int mallopt(int parameter, int value)
{
    (void)parameter;
    (void)value;
    return 0; /* nothing to set: all options are chosen at build time */
}
