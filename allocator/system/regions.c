/* regions.c: further ranges of RAM behind malloc(), and requests for RAM with attributes. See cairn.h.
 *
 * A region is a heap of its own, with a descriptor in front. The list of them only grows, so it is
 * read without the lock: no step that holds the lock depends on how many there are.
 *
 * SPDX-License-Identifier: MIT */
#include "system.h"

#include "../core/heap.h"
#include "../core/layout.h"
#include "port.h"

#include <errno.h>
#include <string.h>

#if CAIRN_REGIONS

_Static_assert((CAIRN_SYSTEM_ATTRIBUTES & CAIRN_ON_REQUEST) == 0, "CAIRN_SYSTEM_ATTRIBUTES: malloc() takes from it");

/* At the region's start. */
struct region {
    struct region *next;     /* NULL after the last one */
    struct cairn_heap *heap; /* its control data follows */
    size_t size;             /* bytes, from here on */
    uint32_t attributes;
} __attribute__((aligned(CAIRN_GRANULE)));

/* In the order in which they were added. */
static struct region *first_region LAYOUT_SYMBOL(cairn_first_region);

/* ---- Adding --------------------------------------------------------------------------------- */

static bool overlap(uintptr_t a, size_t a_size, uintptr_t b, size_t b_size)
{
    return a < b ? b - a < a_size : a - b < b_size;
}

/* Does it overlap the system heap's range, or a region? */
static bool is_taken(uintptr_t start, size_t size)
{
    uintptr_t heap = (uintptr_t)port_heap_start();
    uintptr_t limit = (uintptr_t)port_heap_limit();
    if (heap < limit && overlap(start, size, heap, limit - heap))
        return true;
    for (const struct region *region = first_region; region != NULL; region = region->next)
        if (overlap(start, size, (uintptr_t)region, region->size))
            return true;
    return false;
}

/* Does memory stand here that holds what is written? */
static bool holds(volatile uint32_t *word)
{
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t pattern = i == 0 ? 0x5aa55aa5u : 0xa55aa55au;
        *word = pattern;
        if (*word != pattern)
            return false;
    }
    return true;
}

/* The region can be found when it is whole: the lock keeps the stores in order. */
static void append(struct region *region)
{
    struct region **last = &first_region;
    while (*last != NULL)
        last = &(*last)->next;
    uint32_t state = port_lock();
    *last = region;
    port_unlock(state);
}

enum cairn_region_error cairn_add_region(void *memory, size_t size, uint32_t attributes)
{
    uintptr_t start = (uintptr_t)memory;
    struct heap_layout layout;
    if (memory == NULL || start + size < start)
        return CAIRN_REGION_OUT_OF_RANGE;
    if (start % CAIRN_GRANULE != 0 || size % CAIRN_GRANULE != 0)
        return CAIRN_REGION_UNALIGNED;
    if (size <= sizeof(struct region) ||
        !heap_lay_out(&layout, (char *)memory + sizeof(struct region), size - sizeof(struct region)))
        return CAIRN_REGION_TOO_SMALL;
    if (is_taken(start, size))
        return CAIRN_REGION_OVERLAPS;
    if (!holds(memory) || !holds((void *)(start + size - sizeof(uint32_t))))
        return CAIRN_REGION_OUT_OF_RANGE;

    struct cairn_heap *heap = cairn_init((char *)memory + sizeof(struct region), size - sizeof(struct region));
    struct region *region = memory;
    *region = (struct region){.heap = heap, .size = size, .attributes = attributes};
    append(region);
    return CAIRN_REGION_ADDED;
}

const char *cairn_region_text(enum cairn_region_error error)
{
    switch (error) {
    case CAIRN_REGION_ADDED:
        return "added";
    case CAIRN_REGION_OUT_OF_RANGE:
        return "no memory is there, or the range passes the end of the address space";
    case CAIRN_REGION_UNALIGNED:
        return "an end is not a multiple of CAIRN_GRANULE";
    case CAIRN_REGION_TOO_SMALL:
        return "no room for the control data and one block";
    case CAIRN_REGION_OVERLAPS:
        return "overlaps the system heap or another region";
    }
    return "unknown error";
}

struct cairn_heap *cairn_region(uint32_t n, uint32_t *attributes)
{
    const struct region *region = first_region;
    while (region != NULL && n-- != 0)
        region = region->next;
    if (region == NULL)
        return NULL;
    if (attributes != NULL)
        *attributes = region->attributes;
    return region->heap;
}

LAYOUT_OF(regions)
{
    LAYOUT("region.next", offsetof(struct region, next));
    LAYOUT("region.heap", offsetof(struct region, heap));
    LAYOUT("region.size", offsetof(struct region, size));
    LAYOUT("region.attributes", offsetof(struct region, attributes));
}

/* ---- For malloc.c --------------------------------------------------------------------------- */

static const struct region *region_of(const void *p)
{
    const struct region *region = first_region;
    while (region != NULL && (uintptr_t)p - (uintptr_t)region >= region->size)
        region = region->next;
    return region;
}

struct cairn_heap *region_heap(const void *p)
{
    const struct region *region = region_of(p);
    return region != NULL ? region->heap : NULL;
}

static bool has_all(uint32_t attributes, uint32_t asked)
{
    return (attributes & asked) == asked;
}

void *region_take(uint32_t attributes, index_t n)
{
    for (const struct region *region = first_region; region != NULL; region = region->next) {
        if (!has_all(region->attributes, attributes) || (attributes == 0 && (region->attributes & CAIRN_ON_REQUEST)))
            continue;
        uint32_t state = port_lock();
        void *p = heap_take(region->heap, n);
        port_unlock(state);
        if (p != NULL)
            return p;
    }
    return NULL;
}

void *region_take_in(uint32_t attributes, index_t n)
{
    void *p = has_all(CAIRN_SYSTEM_ATTRIBUTES, attributes) ? system_take(n) : NULL;
    return p != NULL ? p : region_take(attributes, n);
}

void *region_move(const struct cairn_heap *heap, index_t n)
{
    const struct region *region = region_of(heap);
    bool asked_for = region != NULL && (region->attributes & CAIRN_ON_REQUEST) != 0;
    return region_take_in(asked_for ? region->attributes : 0, n);
}

#if !CAIRN_WATCHED

/* ---- Requests for RAM with attributes -------------------------------------------------------------- */

void *cairn_malloc_in(uint32_t attributes, size_t size)
{
    index_t n = heap_granules(size);
    void *p = n != 0 ? region_take_in(attributes, n) : NULL;
    return p != NULL ? p : system_refuse(ENOMEM);
}

void *cairn_dma_alloc(size_t size)
{
    struct heap_fit fit;
    if (!heap_fit_aligned(&fit, CAIRN_CACHE_LINE, region_lines(size)))
        return system_refuse(ENOMEM);
    void *p = region_take_in(CAIRN_DMA, fit.have);
    return p != NULL ? system_keep_aligned(p, &fit) : system_refuse(ENOMEM);
}

#endif
#endif
