/* malloc.c: malloc() and what the rest of its family is made of, over the system heap, which starts
 * itself and grows by the break, and over the regions that were added to it, if it is built for any.
 *
 * The lock is held for metadata work only: bytes are copied and cleared with it released. errno
 * becomes ENOMEM where memory is wanting, and EINVAL for an alignment that is none.
 *
 * SPDX-License-Identifier: MIT */
#include "plain.h"

#include "names.h"

#include "heap_ops.h"
#include "port.h"
#include "system.h"

#include <errno.h>
#include <string.h>

#if CAIRN_CHECK == 2 && PORT_MEMORY_IS_CLEAR
#error "CAIRN_CHECK=2 fills all memory at the start: it needs a port whose PORT_MEMORY_IS_CLEAR is 0"
#endif

#define STATE cairn_system_state

struct cairn_heap *cairn_system(void)
{
    return STATE.heap;
}

__attribute__((noinline)) void *system_refuse(int error)
{
    errno = error;
    return NULL;
}

/* ---- The start ------------------------------------------------------------------------------ */

enum { CLEARED_AT_ONCE = 32 }; /* words, with the lock held */

/* Words that are written at the start: the control data, and in a guarded heap all of its memory. */
static uint32_t words_to_write(const struct heap_layout *layout)
{
#if CAIRN_CHECK == 2
    const uint32_t *end = (uint32_t *)heap_pointer(layout->heap, layout->limit);
    return (uint32_t)(end - layout->control);
#else
    return (uint32_t)layout->words;
#endif
}

static uint32_t first_value(const struct heap_layout *layout, const uint32_t *word)
{
#if CAIRN_CHECK == 2
    if (word >= layout->control + layout->words)
        return GUARD_FILL;
#endif
    (void)layout, (void)word;
    return 0;
}

/* One step of the start, with the lock held: clear a part of the control data, or begin. Returns
 * true when there is no more to do, whether or not there is a heap. Whoever comes in between two
 * steps, from an interrupt, goes on where this has left off. */
static bool start_step(void)
{
    char *brk = STATE.brk != NULL ? STATE.brk : port_heap_start();
    uintptr_t limit = (uintptr_t)port_heap_limit();
    struct heap_layout layout;
    if (STATE.heap != NULL || (uintptr_t)brk >= limit || !heap_lay_out(&layout, brk, limit - (uintptr_t)brk))
        return true;
    if (PORT_MEMORY_IS_CLEAR && STATE.brk == NULL) /* nobody has had it yet */
        STATE.cleared = (uint32_t)layout.words;
    uint32_t *word = layout.control + STATE.cleared;
    uint32_t *end = layout.control + words_to_write(&layout);
    if (end - word > CLEARED_AT_ONCE)
        end = word + CLEARED_AT_ONCE;
    STATE.cleared += (uint32_t)(end - word);
    for (; word < end; word++)
        *word = first_value(&layout, word);
    if (STATE.cleared < words_to_write(&layout))
        return false;
    STATE.heap = heap_begin(&layout);
    return true;
}

__attribute__((noinline)) void system_start(void)
{
    bool done;
    do {
        uint32_t state = port_lock();
        done = start_step();
        port_unlock(state);
    } while (!done);
}

void *system_take(index_t n)
{
    if (STATE.heap == NULL)
        system_start();
    uint32_t state = port_lock();
    index_t i = STATE.heap != NULL ? heap_take(STATE.heap, n) : 0;
    port_unlock(state);
    return i != 0 ? heap_pointer(STATE.heap, i) : NULL;
}

/* n granules where the system heap has none. */
static inline void *take_elsewhere(index_t n)
{
    void *p = region_take(0, n);
    return p != NULL ? p : system_refuse(ENOMEM);
}

/* The heap to ask for the block at `p`. */
static inline struct cairn_heap *home_of(const void *p)
{
    struct cairn_heap *heap = region_heap(p);
    return heap != NULL ? heap : STATE.heap;
}

#if CAIRN_WATCHED
struct cairn_heap *system_home(const void *p)
{
    return home_of(p);
}
#endif

/* ---- The family ----------------------------------------------------------------------------- */

void *malloc(size_t size)
{
    if (size - 1u >= HEAP_MAX_REQUEST) { /* 0, too, is past the end */
        if (size != 0)
            return system_refuse(ENOMEM);
        size = 1;
    }
    index_t n = (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    struct cairn_heap *heap = STATE.heap;
    if (heap == NULL) {
        system_start();
        heap = STATE.heap;
        if (heap == NULL)
            return take_elsewhere(n);
    }
    uint32_t state = port_lock();
    index_t i;
    bool found = heap_take_inline(heap, n, &i);
    port_unlock(state);
    return found ? heap_pointer(heap, i) : take_elsewhere(n);
}

void free(void *p)
{
    if (p == NULL)
        return;
    struct cairn_heap *heap = home_of(p);
    uint32_t state = port_lock();
    heap_free_inline(heap, p);
    port_unlock(state);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return system_refuse(ENOMEM);
    void *p = malloc(bytes);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

/* Free the block at `p` under the lock, or what follows the first n of its `size` granules. */
static void give_back(struct cairn_heap *heap, void *p, index_t size, index_t n)
{
    uint32_t state = port_lock();
    if (n == 0)
        heap_free(heap, p);
    else
        heap_cut(heap, heap_granule_index(heap, p), size, n);
    port_unlock(state);
}

/* Each step holds the lock by itself. Between them, all blocks in play are the caller's: the old one
 * not yet freed, the new one taken, or what will be cut off. */
void *realloc(void *p, size_t size)
{
    if (p == NULL)
        return malloc(size);
    index_t n = heap_granules(size);
    struct cairn_heap *heap = home_of(p);
    uint32_t state = port_lock();
    index_t old;
    index_t from = heap_live_block(heap, p, &old);
    index_t to = from;
    index_t have = old;
    if (n > old) {
        have = heap_extend(heap, &to, old, n);
        if (have == 0)
            to = heap_take(heap, n);
    }
    port_unlock(state);
    if (n == 0)
        return system_refuse(ENOMEM);
    void *moved = heap_pointer(heap, to);
    if (to == 0 && (moved = region_move(heap, n)) == NULL)
        return system_refuse(ENOMEM);
    if (to != from)
        memmove(moved, p, (size_t)old * CAIRN_GRANULE);
    if (have == 0)
        give_back(heap, p, old, 0);
    else if (have > n)
        give_back(heap, moved, have, n);
    return moved;
}

void *system_keep_aligned(char *p, const struct heap_fit *fit)
{
    struct cairn_heap *heap = home_of(p);
    index_t gap = heap_gap(fit, p);
    if (fit->have > gap + fit->n)
        give_back(heap, p, fit->have, gap + fit->n);
    if (gap != 0) {
        uint32_t state = port_lock();
        heap_split(heap, heap_granule_index(heap, p), gap + fit->n, gap);
        port_unlock(state);
        give_back(heap, p, gap, 0);
    }
    return p + (size_t)gap * CAIRN_GRANULE;
}

void *memalign(size_t alignment, size_t size)
{
    if (alignment == 0 || (alignment & (alignment - 1u)) != 0)
        return system_refuse(EINVAL);
    if (alignment <= CAIRN_GRANULE)
        return malloc(size);
    struct heap_fit fit;
    if (!heap_fit_aligned(&fit, alignment, size))
        return system_refuse(ENOMEM);
    void *p = malloc((size_t)fit.have * CAIRN_GRANULE);
    return p == NULL ? NULL : system_keep_aligned(p, &fit);
}

size_t malloc_usable_size(void *p)
{
    index_t size = 0;
    if (p != NULL) {
        struct cairn_heap *heap = home_of(p);
        uint32_t state = port_lock();
        heap_live_block(heap, p, &size);
        port_unlock(state);
    }
    return (size_t)size * CAIRN_GRANULE;
}
