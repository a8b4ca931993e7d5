/* malloc.c: malloc() and what the rest of its family is made of, over the system heap, which starts
 * itself and grows by the break, and over the regions that were added to it, if it is built for any.
 *
 * The lock is held for metadata work only: bytes are copied and cleared with it released. errno
 * becomes ENOMEM when there is no memory, and EINVAL for an invalid alignment.
 *
 * SPDX-License-Identifier: MIT */
#include "names.h"
#include "system.h"

#include "../core/heap.h"
#include "../core/hooks.h"
#include "../core/layout.h"
#include "port.h"

#include <errno.h>
#include <string.h>

#if CAIRN_CHECK == 2 && PORT_MEMORY_IS_CLEAR
#error "CAIRN_CHECK=2 fills all memory at the start: it needs a port whose PORT_MEMORY_IS_CLEAR is 0"
#endif

struct cairn_system cairn_system_state __attribute__((used)); /* whole, for the tools */

#define STATE cairn_system_state

struct cairn_heap *cairn_system(void)
{
    return STATE.heap;
}

__attribute__((noinline)) COLD void *system_refuse(int error)
{
    errno = error;
    return NULL;
}

/* ---- The start ------------------------------------------------------------------------------ */

enum { AT_ONCE = 8 }; /* granules that are written with the lock held */

/* Granules that are written at the start: the control data, and in a guarded heap all of its memory. */
static inline index_t granules_to_write(const struct heap_layout *layout)
{
    return CAIRN_CHECK == 2 ? heap_map_granules(layout->limit) + layout->limit : heap_control_granules(layout);
}

static inline void write_granules(const struct heap_layout *layout, index_t from, index_t to)
{
#if CAIRN_CHECK == 2
    enum { WORDS = CAIRN_GRANULE / sizeof(word_t) };
    volatile word_t *control = heap_control(layout->heap, layout->limit);
    for (; to > from && to > heap_control_granules(layout); to--)
        for (volatile word_t *word = control + (to - 1u) * WORDS, *end = word + WORDS; word < end; word++)
            *word = HEAP_FILL;
#endif
    heap_write_control(layout, from, to);
}

/* One step of the start, with the lock held: write a part of the control data, or begin the heap. Returns true when
 * there is no more to do, whether or not there is a heap. A caller that comes in between two steps, from an interrupt,
 * goes on where this has left off. The two ends are the region's. */
static inline bool start_step(char *start, const char *end)
{
    if (!PORT_LOCK_HOLDS())
        cairn_fatal(CAIRN_NO_LOCK, NULL);
    char *brk = STATE.brk != NULL ? STATE.brk : start;
    struct heap_layout layout;
    if (STATE.heap != NULL || !heap_lay_out(&layout, brk, (size_t)(end - brk)))
        return true;
    index_t from = STATE.done, all = granules_to_write(&layout);
    if (PORT_MEMORY_IS_CLEAR && STATE.brk == NULL && from == 0) /* no one has had it yet */
        from = heap_map_granules(layout.limit);
    index_t to = from + AT_ONCE;
    bool last = to >= all;
    if (last)
        to = all;
    write_granules(&layout, from, to);
    STATE.done = to;
    if (last)
        STATE.heap = heap_begin(&layout);
    return last;
}

COLD __attribute__((noinline)) void system_start(void)
{
    char *start = port_heap_start(), *end = port_heap_limit(); /* without the lock: it may take a search */
    bool done;
    do {
        uint32_t state = port_lock();
        done = start_step(start, end);
        port_unlock(state);
    } while (!done);
}

COLD void *system_take(index_t n)
{
    system_start();
    uint32_t state = port_lock();
    void *p = STATE.heap != NULL ? heap_take(STATE.heap, n) : NULL;
    port_unlock(state);
    return p;
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

/* The first request; and those after it, while there is no heap. */
COLD static void *take_first(index_t n)
{
    void *p = system_take(n);
    return p != NULL ? p : take_elsewhere(n);
}

void *system_malloc(size_t size)
{
    if (__builtin_expect(size - 1u >= HEAP_MAX_REQUEST, 0)) { /* 0, too, is past the end */
        if (size != 0)
            return system_refuse(ENOMEM);
        size = 1;
    }
    index_t n = (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
    struct cairn_heap *heap = STATE.heap;
    if (heap == NULL)
        return take_first(n);
    uint32_t state = port_lock();
    void *p = heap_take(heap, n);
    port_unlock(state);
    return p != NULL ? p : take_elsewhere(n);
}

void system_free(void *p)
{
    if (p == NULL)
        return;
    struct cairn_heap *heap = home_of(p);
    uint32_t state = port_lock();
    heap_free(heap, p);
    port_unlock(state);
}

void *system_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return system_refuse(ENOMEM);
    void *p = system_malloc(bytes);
    __asm("" : "+r"(p)); /* a compiler that sees malloc() and memset() makes a call of calloc() of them */
    return p == NULL ? NULL : memset(p, 0, bytes);
}

/* Free the block at `p` under the lock, or what follows the first n of its `size` granules. */
COLD static void give_back(struct cairn_heap *heap, void *p, index_t size, index_t n)
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
void *system_realloc(void *p, size_t size)
{
    if (p == NULL)
        return system_malloc(size);
    index_t n = heap_granules(size);
    struct cairn_heap *heap = home_of(p);
    uint32_t state = port_lock();
    index_t old = heap_live_size(heap, p);
    index_t i = heap_granule_index(heap, p);
    index_t have = old;
    void *moved = p;
    if (n > old) {
        have = heap_extend(heap, &i, old, n);
        moved = have == 0 ? heap_take(heap, n) : heap_pointer(heap, i);
    }
    port_unlock(state);
    if (n == 0)
        return system_refuse(ENOMEM);
    if (moved == NULL && (moved = region_move(heap, n)) == NULL)
        return system_refuse(ENOMEM);
    if (moved != p)
        memmove(moved, p, (size_t)old * CAIRN_GRANULE);
    if (have == 0)
        give_back(heap, p, old, 0);
    else if (have > n)
        give_back(heap, moved, have, n);
    return moved;
}

COLD void *system_keep_aligned(char *p, const struct heap_fit *fit)
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

COLD void *system_memalign(size_t alignment, size_t size)
{
    if (!heap_is_alignment(alignment))
        return system_refuse(EINVAL);
    if (alignment <= CAIRN_GRANULE)
        return system_malloc(size);
    struct heap_fit fit;
    if (!heap_fit_aligned(&fit, alignment, size))
        return system_refuse(ENOMEM);
    void *p = system_malloc((size_t)fit.have * CAIRN_GRANULE);
    return p == NULL ? NULL : system_keep_aligned(p, &fit);
}

COLD size_t system_usable_size(void *p)
{
    if (p == NULL)
        return 0;
    struct cairn_heap *heap = home_of(p);
    uint32_t state = port_lock();
    index_t size = heap_live_size(heap, p);
    port_unlock(state);
    return (size_t)size * CAIRN_GRANULE;
}

LAYOUT_OF(system)
{
    LAYOUT("system.heap", offsetof(struct cairn_system, heap));
    LAYOUT("system.done", offsetof(struct cairn_system, done));
    LAYOUT("system.reserved_top", offsetof(struct cairn_system, reserved_top));
}
