/* watch.c: the names of the malloc family and of private heaps where the heap is watched: each call goes
 * to the heap's own steps in malloc.c and private.c, and past the parts that guard, count and record.
 *
 * What changes the heap and is counted is one step, under one lock. The blocks' own bytes are written
 * outside it, while they are the caller's.
 *
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include "port.h"
#include "system.h"
#include "watch.h"

#include <errno.h>
#include <string.h>

#if CAIRN_WATCHED

/* ---- The system heap --------------------------------------------------------------------------- */

/* A live block: what the heap and the caller count of it, and who owns it. */
struct live {
    struct cairn_heap *heap;
    size_t bytes, size;
    const void *owner;
};

/* The live block at `p`, which is sound. Anything else is misuse, or an overrun that is reported. */
static struct live inspect(void *p)
{
    struct live live = {.heap = system_home(p), .owner = NULL};
    live.bytes = plain_malloc_usable_size(p);
    live.size = live.bytes;
    guard_inspect(live.heap, p, &live.size, &live.owner);
    return live;
}

/* A call was served: `old`, if not NULL, has ended to be live, and the block at `p`, if not NULL, begun. */
static void count(enum watched_kind kind, size_t size, const struct live *old, void *p, const void *caller)
{
    size_t bytes = p != NULL ? plain_malloc_usable_size(p) : 0;
    uint32_t state = port_lock();
    if (old != NULL)
        account_end(old->bytes, old->size, old->owner);
    if (p != NULL)
        account_begin(bytes, size, caller);
    account_call(kind, size);
    port_unlock(state);
}

/* A call was not served. */
static void refused(struct watched_call *call)
{
    struct cairn_request request = {.size = call->size, .alignment = call->alignment, .caller = call->caller};
    int saved = errno;
    account_failure(&request);
    trace_record(call);
    errno = saved;
}

/* The heap's own step: memory for the call, and for what is kept with the block. *`fit` tells how to align
 * it, if it is to be. */
static void *take(const struct watched_call *call, struct heap_fit *fit)
{
    size_t size = guard_size(call->size);
    fit->step = 1;
    if (call->alignment > CAIRN_GRANULE) {
        if (!heap_fit_aligned(fit, call->alignment, size))
            return system_refuse(ENOMEM);
        size = (size_t)fit->have * CAIRN_GRANULE;
    }
    return call->attributes != 0 ? region_take_in(call->attributes, heap_granules(size)) : plain_malloc(size);
}

/* A block for the call. */
static void *allocate(struct watched_call *call)
{
    struct heap_fit fit;
    system_start();
    uint32_t state = port_lock();
    char *p = take(call, &fit);
    call->number = trace_number();
    if (p == NULL) {
        port_unlock(state);
        refused(call);
        return NULL;
    }
    if (GUARDED)
        guard_open(system_home(p), p);
    else if (fit.step > 1)
        p = system_keep_aligned(p, &fit);
    port_unlock(state);
    if (GUARDED && fit.step > 1)
        p = guard_align(system_home(p), p, &fit);
    guard_begin(system_home(p), p, call->size, call->caller);
    count(call->kind, call->size, NULL, p, call->caller);
    call->p = p;
    trace_record(call);
    return p;
}

void *cairn_malloc_for(const void *caller, size_t size)
{
    struct watched_call call = {.kind = WATCHED_MALLOC, .caller = caller, .size = size};
    return allocate(&call);
}

void *cairn_calloc_for(const void *caller, size_t count, size_t size)
{
    struct watched_call call = {.kind = WATCHED_CALLOC, .caller = caller};
    if (__builtin_mul_overflow(count, size, &call.size))
        call.size = SIZE_MAX;
    void *p = allocate(&call);
    return p == NULL ? NULL : memset(p, 0, call.size);
}

void *cairn_memalign_for(const void *caller, size_t alignment, size_t size)
{
    struct watched_call call = {.kind = WATCHED_ALIGNED, .caller = caller, .size = size, .alignment = alignment};
    if (alignment == 0 || (alignment & (alignment - 1u)) != 0)
        return system_refuse(EINVAL);
    return allocate(&call);
}

void cairn_free_for(const void *caller, void *p)
{
    if (p == NULL)
        return;
    struct watched_call call = {.kind = WATCHED_FREE, .caller = caller, .p = p};
    struct live old = inspect(p);
    count(WATCHED_FREE, 0, &old, NULL, NULL);
    if (GUARDED)
        guard_close(old.heap, p, caller);
    uint32_t state = port_lock();
    call.number = trace_number();
    if (GUARDED)
        guard_release(old.heap, p);
    else
        plain_free(p);
    port_unlock(state);
    trace_record(&call);
}

/* ---- Resizing ---------------------------------------------------------------------------------- */

#if CAIRN_CHECK == 2

/* In place where it does not grow; else elsewhere: where it was is then filled and watched. */
static void *resize(const struct live *old, void *p, const struct watched_call *call)
{
    index_t n = heap_granules(guard_size(call->size));
    if (n != 0 && (size_t)n * CAIRN_GRANULE <= old->bytes) {
        guard_cut(old->heap, p, n);
        guard_resize(old->heap, p, call->size, call->caller);
        return p;
    }
    uint32_t state = port_lock();
    index_t i = n != 0 ? heap_take(old->heap, n) : 0;
    void *moved = i != 0 ? heap_pointer(old->heap, i) : n != 0 ? region_move(old->heap, n) : NULL;
    if (moved != NULL)
        guard_open(system_home(moved), moved);
    port_unlock(state);
    if (moved == NULL)
        return system_refuse(ENOMEM);
    guard_begin(system_home(moved), moved, call->size, call->caller);
    memcpy(moved, p, old->size);
    guard_close(old->heap, p, call->caller);
    state = port_lock();
    guard_release(old->heap, p);
    port_unlock(state);
    return moved;
}

#else

static void *resize(const struct live *old, void *p, const struct watched_call *call)
{
    (void)old;
    void *moved = plain_realloc(p, guard_size(call->size));
    if (moved != NULL)
        guard_resize(system_home(moved), moved, call->size, call->caller);
    return moved;
}

#endif

void *cairn_realloc_for(const void *caller, void *p, size_t size)
{
    if (p == NULL)
        return cairn_malloc_for(caller, size);
    struct watched_call call = {.kind = WATCHED_REALLOC, .caller = caller, .p = p, .size = size};
    struct live old = inspect(p);
    uint32_t state = port_lock();
    call.number = trace_number();
    port_unlock(state);
    void *moved = resize(&old, p, &call);
    if (moved == NULL) {
        refused(&call);
        return NULL;
    }
    count(WATCHED_REALLOC, size, &old, moved, caller);
    call.moved = moved;
    trace_record(&call);
    return moved;
}

/* ---- The names --------------------------------------------------------------------------------- */

void *malloc(size_t size)
{
    return cairn_malloc_for(CALLER, size);
}

void free(void *p)
{
    cairn_free_for(CALLER, p);
}

void *calloc(size_t count, size_t size)
{
    return cairn_calloc_for(CALLER, count, size);
}

void *realloc(void *p, size_t size)
{
    return cairn_realloc_for(CALLER, p, size);
}

void *memalign(size_t alignment, size_t size)
{
    return cairn_memalign_for(CALLER, alignment, size);
}

size_t malloc_usable_size(void *p)
{
    return p == NULL ? 0 : inspect(p).size;
}

#if CAIRN_REGIONS

void *cairn_malloc_in(uint32_t attributes, size_t size)
{
    struct watched_call call = {.kind = WATCHED_MALLOC, .caller = CALLER, .size = size, .attributes = attributes};
    return allocate(&call);
}

/* What is kept with the block stands in lines of its own. */
void *cairn_dma_alloc(size_t size)
{
    enum { LINE = CAIRN_CACHE_LINE };
    size_t lines = size > SIZE_MAX - 2 * LINE ? SIZE_MAX : (size + (size == 0) + LINE - 1u) / LINE * LINE;
    struct watched_call call = {
        .kind = WATCHED_ALIGNED, .caller = CALLER, .size = lines, .alignment = LINE, .attributes = CAIRN_DMA};
    return allocate(&call);
}

#endif

/* ---- Who moves the break, and private heaps ------------------------------------------------------ */

#if CAIRN_CHECK == 2

void *sbrk(ptrdiff_t increment);

void *sbrk(ptrdiff_t increment)
{
    uint32_t state = port_lock();
    char *brk = plain_sbrk(increment);
    if (brk != (void *)-1 && cairn_system() != NULL) { /* at level 2 the lock may be held for it */
        if (increment < 0)
            guard_take_back(cairn_system(), brk + increment, (size_t)-increment);
        else
            guard_hand_out(brk, (size_t)increment);
    }
    port_unlock(state);
    return brk;
}

struct cairn_heap *cairn_init(void *memory, size_t size)
{
    struct cairn_heap *heap = plain_cairn_init(memory, size);
    if (heap != NULL)
        guard_fill_heap(heap);
    return heap;
}

/* A block of `size` bytes, and of what is kept with them. */
static void *take_private(struct cairn_heap *heap, size_t size)
{
    void *p = plain_cairn_malloc(heap, size);
    if (p != NULL)
        guard_open(heap, p);
    return p;
}

static void *begin_private(struct cairn_heap *heap, void *p, size_t size, const void *caller)
{
    explain_note_heap(heap);
    if (p != NULL)
        guard_begin(heap, p, size, caller);
    return p;
}

static void end_private(struct cairn_heap *heap, void *p, const void *caller)
{
    guard_close(heap, p, caller);
    guard_release(heap, p);
}

void *cairn_malloc(struct cairn_heap *heap, size_t size)
{
    return begin_private(heap, take_private(heap, guard_size(size)), size, CALLER);
}

void *cairn_calloc(struct cairn_heap *heap, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *p = begin_private(heap, take_private(heap, guard_size(bytes)), bytes, CALLER);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

void *cairn_aligned_alloc(struct cairn_heap *heap, size_t alignment, size_t size)
{
    struct heap_fit fit;
    if (alignment == 0 || (alignment & (alignment - 1u)) != 0)
        return NULL;
    if (!heap_fit_aligned(&fit, alignment, guard_size(size)))
        return NULL;
    void *p = take_private(heap, (size_t)fit.have * CAIRN_GRANULE);
    return begin_private(heap, p != NULL ? guard_align(heap, p, &fit) : NULL, size, CALLER);
}

void cairn_free(struct cairn_heap *heap, void *p)
{
    size_t size;
    const void *owner;
    if (p == NULL)
        return;
    explain_note_heap(heap);
    guard_inspect(heap, p, &size, &owner);
    end_private(heap, p, CALLER);
}

void *cairn_realloc(struct cairn_heap *heap, void *p, size_t size)
{
    size_t old;
    const void *owner;
    if (p == NULL)
        return cairn_malloc(heap, size);
    explain_note_heap(heap);
    guard_inspect(heap, p, &old, &owner);
    void *moved = take_private(heap, guard_size(size));
    if (moved == NULL && size > old)
        return NULL;
    if (moved == NULL) { /* no second place, and none is needed */
        guard_cut(heap, p, heap_granules(guard_size(size)));
        guard_resize(heap, p, size, CALLER);
        return p;
    }
    guard_begin(heap, moved, size, CALLER);
    memcpy(moved, p, old < size ? old : size);
    end_private(heap, p, CALLER);
    return moved;
}

size_t cairn_usable_size(struct cairn_heap *heap, void *p)
{
    size_t size = 0;
    const void *owner;
    if (p != NULL)
        guard_inspect(heap, p, &size, &owner);
    return size;
}

#endif
#endif
