/* heap.h: how a heap lies in memory, and the steps that its clients are made of. Internal.
 *
 *    memory                handle                                        top        limit
 *    | tile n ... 1 0 | struct cairn_heap, bins | block | block | ... | block | (to grow) |
 *                       granule 0                 first                   sentinel
 *
 * Granules are counted from the handle. Index 0 is the handle's own and so means "none". The
 * granules of struct cairn_heap and of the bins are neither bound nor used: nothing merges with
 * them, no pointer to them is valid. The sentinel, the granule at `top`, is bound and used in the
 * map, but needs no memory: it may stand at the very end. No free block ends at it: it is lowered
 * instead, so that what is above the top is all the memory that was never used or is free again.
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
#define HEAP_MAX_GRANULES 0x10000u /* in a heap */
#define HEAP_MAX_BLOCK 0xff00u     /* in a block: the map leaves less of a heap, and a bin is there for it */
#else
typedef uint32_t link_t;
#define HEAP_MAX_GRANULES 0x7fffffffu
#define HEAP_MAX_BLOCK 0x7fffffffu
#endif

/* A granule of a free block. The first one holds `next`, `prev` and `check`, the last one `tail`;
 * a block of one granule holds all four. `check` is size ^ next: when it agrees with `tail`, the
 * size and the link are both as they were written. */
struct __attribute__((may_alias)) granule {
    link_t next;  /* next free block in the bin, 0 at its end */
    link_t prev;  /* previous one, 0 at the bin's head */
    link_t check; /* size ^ next */
    link_t tail;  /* size */
};
_Static_assert(sizeof(struct granule) == CAIRN_GRANULE, "a granule is four indices");
_Static_assert(CAIRN_GRANULE % sizeof(struct tile) == 0, "tiles end where granules begin");

struct cairn_heap {
    struct tile tile0; /* the map's tile for granules 0 to 31; the others stand below */
    bin_set nonempty;  /* bins that hold a block */
    uint32_t used;     /* granules in used blocks */
    link_t top;        /* the sentinel: one past the last granule */
    link_t limit;      /* how far `top` may grow; the map reaches as far */
    link_t bins[];     /* the first free block of each bin, 0 if there is none */
};

/* Largest request in bytes: nothing larger enters any arithmetic. */
#define HEAP_MAX_REQUEST                                                                           \
    (HEAP_MAX_BLOCK < (size_t)PTRDIFF_MAX / CAIRN_GRANULE ? (size_t)HEAP_MAX_BLOCK * CAIRN_GRANULE \
                                                          : (size_t)PTRDIFF_MAX)

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

/* Where an empty heap lies in a range of memory. */
struct heap_layout {
    struct cairn_heap *heap; /* the handle */
    uint32_t *control;       /* control data: `words` from here on, all zero before it begins */
    size_t words;
    index_t first, limit;
};

/* Granules of the map below the handle, for indices up to `limit`: a tile for every 32 granules, less
 * tile 0, which is at the handle, and one more for the window that is read at the last granule. */
static inline index_t heap_map_granules(index_t limit)
{
    index_t tiles = (limit + TILE_GRANULES - 1u) / TILE_GRANULES;
    return (index_t)((tiles * sizeof(struct tile) + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
}

/* The first granule that can be a block's, past struct cairn_heap and the bins for indices up to `limit`. */
static inline index_t heap_first_granule(index_t limit)
{
    size_t control = sizeof(struct cairn_heap) + (bin_of(limit) + 1u) * sizeof(link_t);
    return (index_t)((control + CAIRN_GRANULE - 1u) / CAIRN_GRANULE);
}

/* Find the layout for `size` bytes at `memory`. Writes nothing there. False if the range is too
 * small, or larger than indices reach. */
bool heap_lay_out(struct heap_layout *layout, void *memory, size_t size);

/* Begin: the control data is clear. Returns the handle. */
struct cairn_heap *heap_begin(const struct heap_layout *layout);

/* Take n granules: from a free block, or at the top. Returns the block's index; 0, with the heap
 * unchanged, if there are none. */
index_t heap_take(struct cairn_heap *heap, index_t n);

/* Free the live block at `p`; anything else is misuse. */
void heap_free(struct cairn_heap *heap, const void *p);

/* Take n granules at the top; 0 if it would pass the limit. */
index_t heap_take_top(struct cairn_heap *heap, index_t n);

/* Move the sentinel. */
void heap_move_top(struct cairn_heap *heap, index_t top);

/* Granules from i, where the top is or a reserved block that ends there begins, up to `end` or a
 * little above are not the heap's: they become a reserved block, for which no pointer is valid; with
 * `end` = i, they are the heap's again. False, with nothing changed, if that passes the limit. */
bool heap_reserve(struct cairn_heap *heap, index_t i, index_t end);

/* Index and size of the live block at `p`. Anything else is misuse, and ends in cairn_fatal(). */
index_t heap_live_block(struct cairn_heap *heap, const void *p, index_t *size);

/* Say what is wrong with `p`, which is no live block's. */
_Noreturn void heap_misuse(struct cairn_heap *heap, const void *p);

/* Make two used blocks of one, of n and of `size` - n granules; neither may be 0. */
void heap_split(struct cairn_heap *heap, index_t i, index_t size, index_t n);

/* Keep the first n of the used block of `size` granules at i; free the rest. */
void heap_cut(struct cairn_heap *heap, index_t i, index_t size, index_t n);

/* Let the used block of `size` granules at *i grow to n at least: into the free block above or past
 * the top; else into the free block below as well. Returns the new size, and sets *i to the new
 * start: if it has changed, the caller has to move the bytes. Or returns 0, with nothing changed. */
index_t heap_extend(struct cairn_heap *heap, index_t *i, index_t size, index_t n);

/* How an aligned block is found: wherever `have` granules lie, n aligned ones lie in them. */
struct heap_fit {
    index_t n, step, have;
};

/* What to take for n bytes with `alignment`, a power of two. False if no heap could serve it. */
bool heap_fit_aligned(struct heap_fit *fit, size_t alignment, size_t size);

/* Granules from `start`, where the block that was taken begins, to the first aligned one. */
static inline index_t heap_gap(const struct heap_fit *fit, const void *start)
{
    return (index_t)(-((uintptr_t)start / CAIRN_GRANULE) % fit->step);
}

#endif
