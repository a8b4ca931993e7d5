/* blocks.h: what tests of a heap share: the family's names, patterns in blocks, counting blocks.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "cairn.h"
#include "system/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *sbrk(ptrdiff_t increment);

/* Bytes between the break and the end of the region. */
size_t room(void);

/* Leave no more than `most` bytes of the region to the system heap, which is not yet started: the
 * lower ones go to the caller. Checks of the whole heap then take no longer on a large board. */
void *keep_room(size_t most);

/* A pointer that the compiler knows nothing about: it neither folds a question about what malloc()
 * returned, nor drops a store or a free() that follows from it. */
static inline void *launder(void *p)
{
    __asm volatile("" : "+r"(p) : : "memory");
    return p;
}

static inline bool aligned(const void *p, size_t alignment)
{
    return (uintptr_t)p % alignment == 0;
}

/* A function that is called as it is written: neither inlined nor made twice. */
#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif

/* Clear what earlier calls have left on the stack, below the caller's frame: a frame with unused words would show it to
 * those who look for calls. */
void clear_stack_below(void);

/* Write a pattern that `seed` names, and ask whether it is there. */
void fill(void *p, size_t size, unsigned seed);
bool filled(const void *p, size_t size, unsigned seed);
bool all_zero(const void *p, size_t size);

/* A number that depends on each of these bytes. */
uint32_t hash(const void *from, size_t size);

/* Bytes that are kept behind each block of the system heap and its regions, where the heap is watched. */
enum { KEPT_BEHIND = (CAIRN_CHECK == 2) + (CAIRN_CHECK == 2 || CAIRN_SITES > 0) * 2 * sizeof(void *) };

/* Bytes of the heap that a block of `size` bytes takes; and what malloc_usable_size() says of it. */
static inline size_t bytes_of_block(size_t size)
{
    size_t bytes = size + KEPT_BEHIND + (size + KEPT_BEHIND == 0);
    return (bytes + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE;
}

static inline size_t usable_bytes(size_t size)
{
    return KEPT_BEHIND != 0 ? size : bytes_of_block(size);
}

/* Blocks of a kind, and their bytes. */
struct count {
    unsigned blocks;
    size_t bytes;
};
struct count count_blocks(struct cairn_heap *heap, enum cairn_kind kind);

/* Does every invariant hold, and do the figures of cairn_stats() and cairn_walk() agree? */
bool sound(struct cairn_heap *heap);

/* Is no block used, and all that is free one piece: a block, or what is above the last one? */
bool all_free(struct cairn_heap *heap);

/* Does the system heap hold no more than its control data? */
bool system_empty(void);

#endif
