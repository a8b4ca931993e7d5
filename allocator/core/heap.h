/* heap.h: how a heap lies in memory, and the steps that its clients are made of. Internal.
 *
 *    memory                handle                            top        limit
 *    | tile n ... tile 1 | control data | block | ... | block | (to grow) |
 *                          granule 0      first               sentinel
 *
 * Granules are counted from the handle. Those of the control data are neither bound nor used: nothing merges
 * with them, no pointer to them is valid. The sentinel, the granule at `top`, is bound and used in the map, but
 * needs no memory: it may be at the very end. No free block ends at it: it is lowered instead, so that what is
 * above the top is all the memory that was never used or is free again.
 *
 * The free blocks of a bin are a ring through the bin, which is a granule of the control data: its `next` is
 * the first block, its `prev` the last one. So the first, a middle and the last block are one case, and each
 * link can be proven by what it names before it is followed.
 *
 * Nothing here locks, copies or looks at bytes of live blocks; each function is O(1).
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_HEAP_H
#define CAIRN_HEAP_H

#include "bins.h"
#include "cairn.h"
#include "linkage.h"
#include "map.h"

#include <stddef.h>

/* An index as it is stored. */
#if CAIRN_INDEX_BITS == 16
typedef uint16_t link_t;
#define HEAP_MAX_GRANULES 0x10000u /* in a heap, its control data included */
#define HEAP_MAX_BLOCK 0xff00u     /* in a block: the map leaves less of a heap, and its bin is the last one */
#else
typedef uint32_t link_t;
#define HEAP_MAX_GRANULES 0x7fffffffu
#define HEAP_MAX_BLOCK 0x7fffffffu
#endif

/* A granule of a free block. The first one holds `next`, `prev` and `size`, the last one `tail`; a block of one
 * granule holds all four. A bin has `next` and `prev`, and a size of 0, so that it serves no request. */
struct __attribute__((may_alias)) granule {
    link_t next; /* next block in the ring, or the bin */
    link_t prev; /* previous one, or the bin */
    link_t size;
#if CAIRN_GRANULE > 4 * CAIRN_INDEX_BITS / 8
    link_t unused[CAIRN_GRANULE / sizeof(link_t) - 4];
#endif
    link_t tail; /* size */
};
_Static_assert(sizeof(struct granule) == CAIRN_GRANULE, "a granule is four indices at least");

/* The control data: tile 0, and the bins, each the granule of its number. In bins 1, 2 and 3, of one size each, any
 * block serves any request that comes there: no request asks for a bin's size, in whose place all else is kept. */
struct __attribute__((may_alias)) cairn_heap {
    struct tile tile0; /* the map's tile for granules 0 to 31; the others are below the handle */
    _Alignas(CAIRN_GRANULE) link_t bin1[2];
    bin_set nonempty; /* bins that hold a block */
    _Alignas(CAIRN_GRANULE) link_t bin2[2];
    link_t limit; /* how far `top` may grow; the map reaches as far */
    link_t top;   /* the sentinel: one past the last granule */
    _Alignas(CAIRN_GRANULE) link_t bin3[2];
    link_t limit_again; /* `limit`: proves it */
    link_t used;        /* granules in used blocks */
    _Alignas(CAIRN_GRANULE) struct granule more_bins[];
};
enum { HEAP_MORE_BINS = sizeof(struct cairn_heap) / CAIRN_GRANULE };
_Static_assert(offsetof(struct cairn_heap, bin1) == CAIRN_GRANULE && HEAP_MORE_BINS == 4, "a bin is a granule");

/* Largest request in bytes: nothing larger enters any arithmetic. */
#define HEAP_MAX_REQUEST                                                                           \
    (HEAP_MAX_BLOCK < (size_t)PTRDIFF_MAX / CAIRN_GRANULE ? (size_t)HEAP_MAX_BLOCK * CAIRN_GRANULE \
                                                          : (size_t)PTRDIFF_MAX)

/* Granule i: of a block, or a bin. */
static inline struct granule *heap_granule(struct cairn_heap *heap, index_t i)
{
    return (struct granule *)heap + i;
}

static inline void *heap_pointer(struct cairn_heap *heap, index_t i)
{
    return (struct granule *)heap + i;
}

/* The granule at `p`, which is one of the heap's. */
static inline index_t heap_granule_index(struct cairn_heap *heap, const void *p)
{
    return (index_t)(((uintptr_t)p - (uintptr_t)heap) / CAIRN_GRANULE);
}

/* Granules for a request of `size` bytes, at least one; 0 if no heap could ever serve it. */
static inline index_t heap_granules(size_t size)
{
    if (size - 1u >= HEAP_MAX_REQUEST) /* 0, too, is past the end */
        return size == 0;
    return (index_t)((size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
}

/* Index of the granule at `offset` bytes from the handle; past the end of any heap if no granule
 * begins there. One rotation: the bits that should be 0 become the first ones. */
static inline index_t heap_offset_index(uintptr_t offset)
{
#if UINTPTR_MAX > 0xffffffffu
    return offset % CAIRN_GRANULE == 0 && offset / CAIRN_GRANULE < UINT32_MAX ? (index_t)(offset / CAIRN_GRANULE)
                                                                              : UINT32_MAX;
#else
    return (offset >> (CAIRN_GRANULE == 8 ? 3 : 4)) | (offset << (CAIRN_GRANULE == 8 ? 29 : 28));
#endif
}

/* Memory as words, whatever else it is read as. */
typedef uint32_t __attribute__((may_alias)) word_t;

/* Where an empty heap lies in a range of memory. */
struct heap_layout {
    struct cairn_heap *heap; /* the handle */
    index_t first, limit;
    size_t left_over; /* granules that the index does not reach */
};

/* Granules of the map below the handle, for indices up to `limit`, the sentinel's own: a tile for every 32
 * granules, less tile 0. */
static inline index_t heap_map_granules(index_t limit)
{
    index_t tiles = limit / TILE_GRANULES;
    return (index_t)((tiles * sizeof(struct tile) + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
}

/* The first granule that can be a block's, past the bins for the largest free block that indices up to `limit` allow.
 * A heap with room for a block has bins 1 to 5 at least. */
static inline index_t heap_first_granule(index_t limit)
{
    return bin_of(limit) + 1u;
}

/* The same of a heap, whose limit is not proven. */
static inline index_t heap_blocks_begin(const struct cairn_heap *heap)
{
    return heap_first_granule(heap->limit);
}

/* Where the control data begins, with the map. */
static inline word_t *heap_control(struct cairn_heap *heap, index_t limit)
{
    return (word_t *)(void *)((struct granule *)heap - heap_map_granules(limit));
}

/* Find the layout for `size` bytes at `memory`: for as many of them as the index reaches. Writes nothing
 * there. False if the range is too small. */
COLD bool heap_lay_out(struct heap_layout *layout, void *memory, size_t size) INTERNAL(heap_lay_out);

/* Granules of the control data, with the map. */
static inline index_t heap_control_granules(const struct heap_layout *layout)
{
    return heap_map_granules(layout->limit) + layout->first;
}

/* Write the granules of the control data from `from` up to, not including, `to`, counted from its start. */
COLD void heap_write_control(const struct heap_layout *layout, index_t from, index_t to) INTERNAL(heap_write_control);

/* Begin: all of the control data has been written. Returns the handle. */
COLD struct cairn_heap *heap_begin(const struct heap_layout *layout) INTERNAL(heap_begin);

/* Granules past the limit that the index did not reach, when the heap was laid out. */
COLD size_t heap_left_over(struct cairn_heap *heap) INTERNAL(heap_left_over);

/* Take n granules: from a free block, or at the top. Returns the block; NULL, with the heap unchanged, if there
 * are none. */
void *heap_take(struct cairn_heap *heap, index_t n) INTERNAL(heap_take);

/* Free the live block at `p`; anything else is misuse. */
void heap_free(struct cairn_heap *heap, const void *p) INTERNAL(heap_free);

/* Size of the free block at i, proven. */
index_t heap_free_size(struct cairn_heap *heap, index_t i) INTERNAL(heap_free_size);

/* The free block that ends below i, which is not free itself; 0 if a used one does. */
index_t heap_free_below(struct cairn_heap *heap, index_t i) INTERNAL(heap_free_below);

/* Granules from i, where the top is or a reserved block that ends there begins, up to `end` or a
 * little above are not the heap's: they become a reserved block, for which no pointer is valid; with
 * `end` = i, they are the heap's again. False, with nothing changed, if that passes the limit. */
COLD bool heap_reserve(struct cairn_heap *heap, index_t i, index_t end) INTERNAL(heap_reserve);

/* Granules of the live block at `p`. Anything else is misuse, and ends in cairn_fatal(). */
index_t heap_live_size(struct cairn_heap *heap, const void *p) INTERNAL(heap_live_size);

/* Say what is wrong with `p`, which is no live block's. */
_Noreturn COLD void heap_misuse(struct cairn_heap *heap, const void *p) INTERNAL(heap_misuse);

/* Make two used blocks of one, of n and of `size` - n granules; neither may be 0. */
COLD void heap_split(struct cairn_heap *heap, index_t i, index_t size, index_t n) INTERNAL(heap_split);

/* Keep the first n of the used block of `size` granules at i; free the rest. */
COLD void heap_cut(struct cairn_heap *heap, index_t i, index_t size, index_t n) INTERNAL(heap_cut);

/* Let the used block of `size` granules at *i grow to n at least: into the free block above or past
 * the top; else into the free block below as well. Returns the new size, and sets *i to the new
 * start: if it has changed, the caller has to move the bytes. Or returns 0, with nothing changed. */
COLD index_t heap_extend(struct cairn_heap *heap, index_t *i, index_t size, index_t n) INTERNAL(heap_extend);

/* Is it a power of two? */
static inline bool heap_is_alignment(size_t alignment)
{
    return alignment != 0 && (alignment & (alignment - 1u)) == 0;
}

/* How an aligned block is found: wherever `have` granules lie, n aligned ones lie in them. */
struct heap_fit {
    index_t n, step, have;
};

/* What to take for n bytes with `alignment`, a power of two. False if no heap could serve it. */
COLD bool heap_fit_aligned(struct heap_fit *fit, size_t alignment, size_t size) INTERNAL(heap_fit_aligned);

/* Granules from `start`, where the block that was taken begins, to the first aligned one. */
static inline index_t heap_gap(const struct heap_fit *fit, const void *start)
{
    return (index_t)(-((uintptr_t)start / CAIRN_GRANULE) % fit->step);
}

#endif
