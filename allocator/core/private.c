/* private.c: heaps that the caller owns and keeps others out of. See cairn.h.
 *
 * SPDX-License-Identifier: MIT */
#include "private.h"

#include "heap.h"

#include <string.h>

COLD struct cairn_heap *private_init(void *memory, size_t size)
{
    struct heap_layout layout;
    if (!heap_lay_out(&layout, memory, size))
        return NULL;
    heap_write_control(&layout, 0, heap_control_granules(&layout));
    return heap_begin(&layout);
}

void *private_malloc(struct cairn_heap *heap, size_t size)
{
    index_t n = heap_granules(size);
    return n == 0 ? NULL : heap_take(heap, n);
}

void *private_calloc(struct cairn_heap *heap, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *p = private_malloc(heap, bytes);
    return p == NULL ? NULL : memset(p, 0, bytes);
}

void private_free(struct cairn_heap *heap, void *p)
{
    if (p != NULL)
        heap_free(heap, p);
}

COLD void *private_realloc(struct cairn_heap *heap, void *p, size_t size)
{
    if (p == NULL)
        return private_malloc(heap, size);
    index_t old = heap_live_size(heap, p);
    index_t i = heap_granule_index(heap, p);
    index_t n = heap_granules(size);
    if (n == 0)
        return NULL;
    index_t have = n <= old ? old : heap_extend(heap, &i, old, n);
    if (have == 0) {
        void *moved = private_malloc(heap, size);
        if (moved != NULL) {
            memcpy(moved, p, (size_t)old * CAIRN_GRANULE);
            heap_free(heap, p);
        }
        return moved;
    }
    if (heap_pointer(heap, i) != p)
        memmove(heap_pointer(heap, i), p, (size_t)old * CAIRN_GRANULE);
    heap_cut(heap, i, have, n);
    return heap_pointer(heap, i);
}

COLD void *private_aligned_alloc(struct cairn_heap *heap, size_t alignment, size_t size)
{
    struct heap_fit fit;
    if (!heap_is_alignment(alignment))
        return NULL;
    if (!heap_fit_aligned(&fit, alignment, size))
        return NULL;
    void *p = heap_take(heap, fit.have);
    if (p == NULL)
        return NULL;
    index_t i = heap_granule_index(heap, p);
    index_t gap = heap_gap(&fit, p);
    heap_cut(heap, i, fit.have, gap + fit.n);
    if (gap != 0) {
        heap_split(heap, i, gap + fit.n, gap);
        heap_free(heap, heap_pointer(heap, i));
    }
    return heap_pointer(heap, i + gap);
}

size_t private_usable_size(struct cairn_heap *heap, void *p)
{
    return p == NULL ? 0 : (size_t)heap_live_size(heap, p) * CAIRN_GRANULE;
}
