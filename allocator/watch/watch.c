/* watch.c: the names of the malloc family and of private heaps where the heap is watched: each call goes
 * to the heap's own steps, and past the parts that guard, count and record them.
 *
 * What changes the heap, what is kept with the block, its count and its record's number are one step, under one
 * lock. The blocks' own bytes are looked at, filled and copied outside it, while they are the caller's.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/private.h"
#include "../system/names.h"
#include "../system/system.h"
#include "port.h"

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
    live.bytes = system_usable_size(p);
    live.size = live.bytes;
    guard_inspect(live.heap, p, &live.size, &live.owner);
    return live;
}

/* Without the lock: the calls that led to this one are looked for. */
static inline void find_calls(struct watched_call *call)
{
#if CAIRN_SITES_STACK > 0
    account_find_calls(&call->site, call->caller, call->frame);
#else
    (void)call;
#endif
}

/* With the lock held, once for a block that begins: what it keeps of who asked for it. */
static inline const void *claim(struct watched_call *call)
{
#if CAIRN_SITES_STACK > 0
    return call->owner = account_claim(&call->site);
#else
    return call->caller;
#endif
}

/* What claim() returned for this call. */
static inline const void *claimed_by(const struct watched_call *call)
{
#if CAIRN_SITES_STACK > 0
    return call->owner;
#else
    return call->caller;
#endif
}

/* With the lock held: the call is served. `old`, if not NULL, ends to be live, and the block at `p`, if not NULL,
 * begins. */
static void count(const struct watched_call *call, const struct live *old, void *p)
{
    if (old != NULL)
        account_end(old->bytes, old->size, old->owner);
    if (p != NULL)
        account_begin(system_usable_size(p), call->size, claimed_by(call));
    account_call(call->kind, call->size);
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

/* The heap's own step: memory for the call, and for what is kept with the block. *`fit` says how to align
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
    if (call->attributes == 0)
        return system_malloc(size);
    index_t n = heap_granules(size); /* 0 if no heap could serve it */
    void *p = n != 0 ? region_take_in(call->attributes, n) : NULL;
    return p != NULL ? p : system_refuse(ENOMEM);
}

#if CAIRN_QUARANTINE > 0

/* With the lock held, which is released in between: the oldest block in the quarantine is freed, for a request of
 * `size` bytes that found no room. False if none is held. */
static bool make_room(size_t size, uint32_t *state)
{
    struct freed leaving;
    if (heap_granules(guard_size(size)) == 0 || !quarantine_take(&leaving))
        return false;
    port_unlock(*state);
    guard_leave(system_home(leaving.start), &leaving);
    *state = port_lock();
    return true;
}

/* With the lock held: memory for the call, as take() does; if there is none, after blocks have left the quarantine. */
static void *take_or_make_room(const struct watched_call *call, struct heap_fit *fit, uint32_t *state)
{
    int saved = errno;
    void *p = take(call, fit);
    while (p == NULL && make_room(call->size, state))
        p = take(call, fit);
    if (p != NULL)
        errno = saved;
    return p;
}

#else

static void *take_or_make_room(const struct watched_call *call, struct heap_fit *fit, const uint32_t *state)
{
    (void)state;
    return take(call, fit);
}

#endif

/* With the lock held: the block at `p`, which was just taken as `fit` has it, is the call's. Returns where it
 * begins. */
static void *keep(struct watched_call *call, void *p, const struct heap_fit *fit)
{
    if (GUARDED)
        return guard_take(system_home(p), p, fit, call->size, claim(call));
    if (fit->step > 1)
        p = system_keep_aligned(p, fit);
    guard_resize(system_home(p), p, call->size, claim(call));
    return p;
}

/* A block for the call. */
static void *allocate(struct watched_call *call)
{
    struct heap_fit fit;
    if (cairn_system() == NULL)
        system_start();
    find_calls(call);
    uint32_t state = port_lock();
    void *p = take_or_make_room(call, &fit, &state);
    call->number = trace_number();
    if (p != NULL) {
        p = keep(call, p, &fit);
        count(call, NULL, p);
    }
    port_unlock(state);
    if (p == NULL) {
        refused(call);
        return NULL;
    }
    if (GUARDED)
        guard_begin(p, call->size);
    call->p = p;
    trace_record(call);
    return p;
}

void *cairn_malloc_for(const void *caller, size_t size)
{
    struct watched_call call = {.kind = WATCHED_MALLOC, .caller = caller, .size = size WATCHED_FRAME};
    return allocate(&call);
}

void *cairn_calloc_for(const void *caller, size_t count, size_t size)
{
    struct watched_call call = {.kind = WATCHED_CALLOC, .caller = caller WATCHED_FRAME};
    if (__builtin_mul_overflow(count, size, &call.size))
        call.size = SIZE_MAX;
    void *p = allocate(&call);
    return p == NULL ? NULL : memset(p, 0, call.size);
}

void *cairn_memalign_for(const void *caller, size_t alignment, size_t size)
{
    struct watched_call call = {
        .kind = WATCHED_ALIGNED, .caller = caller, .size = size, .alignment = alignment WATCHED_FRAME};
    if (!heap_is_alignment(alignment))
        return system_refuse(EINVAL);
    return allocate(&call);
}

/* Where GUARDED only: the bytes of the block at `p` are filled, as `caller` frees it. Inline, since at -O0 the compiler
 * keeps other functions that are not called, and what they call is not there. */
static inline void vacate(const struct live *old, void *p, const void *caller)
{
    if (CAIRN_QUARANTINE > 0)
        guard_vacate(old->heap, p, 0);
    else
        guard_close(old->heap, p, caller);
}

/* Then, with the lock held: it is freed, or held. True if another one leaves the quarantine for it: *`leaving`, for
 * guard_leave(), without the lock. */
static inline bool let_go(const struct live *old, void *p, const void *caller, struct freed *leaving)
{
#if CAIRN_QUARANTINE > 0
    return guard_hold(old->heap, p, caller, leaving);
#else
    (void)caller, (void)leaving;
    guard_release(old->heap, p);
    return false;
#endif
}

void cairn_free_for(const void *caller, void *p)
{
    if (p == NULL)
        return;
    struct watched_call call = {.kind = WATCHED_FREE, .caller = caller, .p = p WATCHED_FRAME};
    struct live old = inspect(p);
    struct freed leaving;
    if (GUARDED)
        vacate(&old, p, caller);
    uint32_t state = port_lock();
    call.number = trace_number();
    count(&call, &old, NULL);
    bool leaves = GUARDED && let_go(&old, p, caller, &leaving);
    if (!GUARDED) {
        guard_erase(p, old.bytes);
        system_free(p);
    }
    port_unlock(state);
    if (leaves)
        guard_leave(system_home(leaving.start), &leaving);
    trace_record(&call);
}

/* ---- Resizing ---------------------------------------------------------------------------------- */

/* With the lock held: n granules for the call elsewhere, in the block's own heap or where it may move to. NULL if
 * there are none. */
static void *take_elsewhere(const struct live *old, struct watched_call *call, index_t n)
{
    void *p = heap_take(old->heap, n);
    if (p == NULL)
        p = region_move(old->heap, n);
    return p != NULL ? keep(call, p, &(struct heap_fit){.step = 1}) : NULL;
}

#if CAIRN_CHECK == 2

static void *cut(const struct live *old, void *p, struct watched_call *call, index_t n)
{
    guard_vacate(old->heap, p, n);
    uint32_t state = port_lock();
    call->number = trace_number();
    guard_cut(old->heap, p, n, call->size, claim(call));
    count(call, old, p);
    port_unlock(state);
    return p;
}

/* In place where it does not grow; else elsewhere: where it was is then filled and watched. */
static void *resize(const struct live *old, void *p, struct watched_call *call)
{
    index_t n = heap_granules(guard_size(call->size));
    if (n != 0 && (size_t)n * CAIRN_GRANULE <= old->bytes)
        return cut(old, p, call, n);
    uint32_t state = port_lock();
    void *moved = n != 0 ? take_elsewhere(old, call, n) : NULL;
#if CAIRN_QUARANTINE > 0
    while (moved == NULL && make_room(call->size, &state))
        moved = take_elsewhere(old, call, n);
#endif
    call->number = trace_number();
    port_unlock(state);
    if (moved == NULL)
        return system_refuse(ENOMEM);
    guard_begin(moved, call->size);
    memcpy(moved, p, old->size);
    struct freed leaving;
    vacate(old, p, call->caller);
    state = port_lock();
    bool leaves = let_go(old, p, call->caller, &leaving);
    count(call, old, moved);
    port_unlock(state);
    if (leaves)
        guard_leave(system_home(leaving.start), &leaving);
    return moved;
}

#else

/* With the lock held: the block at `p`, of `have` granules, is where it stays, and so are its bytes. Keep n. */
static void settle(const struct live *old, void *p, struct watched_call *call, index_t have, index_t n)
{
    struct cairn_heap *heap = system_home(p);
    guard_erase(call->p, old->bytes);
    heap_cut(heap, heap_granule_index(heap, p), have, n);
    guard_resize(heap, p, call->size, claim(call));
    count(call, old, p);
}

/* As realloc() in malloc.c. */
static void *resize(const struct live *old, void *p, struct watched_call *call)
{
    index_t n = heap_granules(guard_size(call->size));
    uint32_t state = port_lock();
    call->number = trace_number();
    index_t have = heap_live_size(old->heap, p);
    index_t i = heap_granule_index(old->heap, p);
    if (n > have)
        have = heap_extend(old->heap, &i, have, n);
    void *moved = have != 0 ? heap_pointer(old->heap, i) : take_elsewhere(old, call, n);
    if (n != 0 && moved == p)
        settle(old, p, call, have, n);
    port_unlock(state);
    if (n == 0 || moved == NULL)
        return system_refuse(ENOMEM);
    if (moved == p)
        return p;
    memmove(moved, p, old->size);
    state = port_lock();
    if (have != 0) {
        settle(old, moved, call, have, n);
    } else {
        guard_erase(p, old->bytes);
        system_free(p);
        count(call, old, moved);
    }
    port_unlock(state);
    return moved;
}

#endif

void *cairn_realloc_for(const void *caller, void *p, size_t size)
{
    if (p == NULL)
        return cairn_malloc_for(caller, size);
    struct watched_call call = {.kind = WATCHED_REALLOC, .caller = caller, .p = p, .size = size WATCHED_FRAME};
    struct live old = inspect(p);
    find_calls(&call);
    void *moved = resize(&old, p, &call);
    if (moved == NULL) {
        refused(&call);
        return NULL;
    }
    call.moved = moved;
    trace_record(&call);
    return moved;
}

/* ---- The names --------------------------------------------------------------------------------- */

void *watched_malloc(size_t size)
{
    return cairn_malloc_for(CALLER, size);
}

void watched_free(void *p)
{
    cairn_free_for(CALLER, p);
}

void *watched_calloc(size_t count, size_t size)
{
    return cairn_calloc_for(CALLER, count, size);
}

void *watched_realloc(void *p, size_t size)
{
    return cairn_realloc_for(CALLER, p, size);
}

void *watched_memalign(size_t alignment, size_t size)
{
    return cairn_memalign_for(CALLER, alignment, size);
}

size_t watched_usable_size(void *p)
{
    return p == NULL ? 0 : inspect(p).size;
}

#if CAIRN_REGIONS

void *cairn_malloc_in(uint32_t attributes, size_t size)
{
    struct watched_call call = {
        .kind = WATCHED_MALLOC, .caller = CALLER, .size = size, .attributes = attributes WATCHED_FRAME};
    return allocate(&call);
}

/* What is kept with the block has cache lines of its own. */
void *cairn_dma_alloc(size_t size)
{
    struct watched_call call = {.kind = WATCHED_ALIGNED,
                                .caller = CALLER,
                                .size = region_lines(size),
                                .alignment = CAIRN_CACHE_LINE,
                                .attributes = CAIRN_DMA WATCHED_FRAME};
    return allocate(&call);
}

#endif

/* ---- Who moves the break, and private heaps ------------------------------------------------------ */

#if CAIRN_CHECK == 2

void *watched_sbrk(ptrdiff_t increment)
{
    int saved = errno;
    uint32_t state = port_lock();
    char *brk = system_sbrk(increment);
#if CAIRN_QUARANTINE > 0
    while (brk == (void *)-1 && make_room((size_t)increment, &state)) /* as a size, -1 is more than any heap has */
        brk = system_sbrk(increment);
#endif
    bool moved = brk != (void *)-1;
    if (moved)
        errno = saved;
    if (moved && cairn_system() != NULL) { /* at level 2 the lock may be held for it */
        if (increment < 0)
            guard_take_back(cairn_system(), brk + increment, (size_t)-increment);
        else
            guard_hand_out(brk, (size_t)increment);
    }
    port_unlock(state);
    return brk;
}

struct cairn_heap *guarded_init(void *memory, size_t size)
{
    struct cairn_heap *heap = private_init(memory, size);
    if (heap != NULL)
        guard_fill(heap_pointer(heap, heap->top), (size_t)(heap->limit - heap->top) * CAIRN_GRANULE);
    return heap;
}

/* A block of `size` bytes, in as many granules as `fit` has. */
static void *allocate_private(struct cairn_heap *heap, const struct heap_fit *fit, size_t size, const void *caller)
{
    explain_note_heap(heap);
    void *p = private_malloc(heap, (size_t)fit->have * CAIRN_GRANULE);
    if (p == NULL)
        return NULL;
    p = guard_take(heap, p, fit, size, caller);
    guard_begin(p, size);
    return p;
}

static void *take_private(struct cairn_heap *heap, size_t size, const void *caller)
{
    struct heap_fit fit = {.have = heap_granules(guard_size(size)), .step = 1};
    return fit.have != 0 ? allocate_private(heap, &fit, size, caller) : NULL;
}

static void end_private(struct cairn_heap *heap, void *p, const void *caller)
{
    guard_close(heap, p, caller);
    guard_release(heap, p);
}

void *cairn_private_malloc_for(const void *caller, struct cairn_heap *heap, size_t size)
{
    return take_private(heap, size, caller);
}

void *guarded_malloc(struct cairn_heap *heap, size_t size)
{
    return take_private(heap, size, CALLER);
}

void *guarded_calloc(struct cairn_heap *heap, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *p = take_private(heap, bytes, CALLER);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

void *guarded_aligned_alloc(struct cairn_heap *heap, size_t alignment, size_t size)
{
    struct heap_fit fit;
    if (!heap_is_alignment(alignment))
        return NULL;
    if (!heap_fit_aligned(&fit, alignment, guard_size(size)))
        return NULL;
    return allocate_private(heap, &fit, size, CALLER);
}

void cairn_private_free_for(const void *caller, struct cairn_heap *heap, void *p)
{
    size_t size;
    const void *owner;
    if (p == NULL)
        return;
    explain_note_heap(heap);
    guard_inspect(heap, p, &size, &owner);
    end_private(heap, p, caller);
}

void guarded_free(struct cairn_heap *heap, void *p)
{
    cairn_private_free_for(CALLER, heap, p);
}

void *cairn_private_realloc_for(const void *caller, struct cairn_heap *heap, void *p, size_t size)
{
    size_t old;
    const void *owner;
    if (p == NULL)
        return take_private(heap, size, caller);
    explain_note_heap(heap);
    guard_inspect(heap, p, &old, &owner);
    void *moved = take_private(heap, size, caller);
    if (moved == NULL && size > old)
        return NULL;
    if (moved == NULL) { /* no second place, and none is needed */
        index_t n = heap_granules(guard_size(size));
        guard_vacate(heap, p, n);
        guard_cut(heap, p, n, size, caller);
        return p;
    }
    memcpy(moved, p, old < size ? old : size);
    end_private(heap, p, caller);
    return moved;
}

void *guarded_realloc(struct cairn_heap *heap, void *p, size_t size)
{
    return cairn_private_realloc_for(CALLER, heap, p, size);
}

size_t guarded_usable_size(struct cairn_heap *heap, void *p)
{
    size_t size = 0;
    const void *owner;
    if (p != NULL)
        guard_inspect(heap, p, &size, &owner);
    return size;
}

int guarded_check(struct cairn_heap *heap, const void **where)
{
    int invariant = heap_check(heap, where);
    return invariant != 0 ? invariant : guard_check(heap, where);
}

#endif
#endif
