/* quarantine.c: the last blocks that were freed, held back from the heap, oldest first out.
 *
 * In the map they stay used, so that no request is given their memory, and a second free() of one is found. guard.c
 * marks their trailers, and checks their bytes when they leave.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/layout.h"
#include "../core/private.h"
#include "port.h"

#if CAIRN_QUARANTINE > 0

static struct freed held[CAIRN_QUARANTINE] LAYOUT_SYMBOL(cairn_quarantine);
static uint32_t oldest LAYOUT_SYMBOL(cairn_quarantine_oldest);
static uint32_t count LAYOUT_SYMBOL(cairn_quarantine_count);

/* The block that has been held for the nth longest time, from 0. */
static struct freed *held_at(uint32_t n)
{
    uint32_t place = oldest + n;
    return &held[place < CAIRN_QUARANTINE ? place : place - CAIRN_QUARANTINE];
}

/* There is one. */
static void take_oldest(struct freed *leaving)
{
    *leaving = *held_at(0);
    freed_note(leaving);
    oldest = oldest + 1u < CAIRN_QUARANTINE ? oldest + 1u : 0;
    count--;
}

bool quarantine_take(struct freed *leaving)
{
    if (count == 0)
        return false;
    take_oldest(leaving);
    return true;
}

bool quarantine_add(const struct freed *freed, struct freed *leaving)
{
    bool full = count == CAIRN_QUARANTINE;
    if (full)
        take_oldest(leaving);
    *held_at(count++) = *freed;
    return full;
}

const struct freed *quarantine_at(const char *address)
{
    for (uint32_t n = count; n-- > 0;) {
        const struct freed *one = held_at(n);
        if ((uintptr_t)address - (uintptr_t)one->start < guard_extent(one->size))
            return one;
    }
    return NULL;
}

/* ---- What a heap has of them -------------------------------------------------------------------- */

static size_t held_bytes(struct cairn_heap *heap)
{
    size_t bytes = 0;
    for (uint32_t n = 0; n < count; n++) {
        const struct freed *one = held_at(n);
        if ((uintptr_t)one->start - (uintptr_t)heap < (uintptr_t)heap->limit * CAIRN_GRANULE)
            bytes += guard_extent(one->size);
    }
    return bytes;
}

size_t held_used_bytes(struct cairn_heap *heap)
{
    return heap_used_bytes(heap) - held_bytes(heap);
}

void held_stats(struct cairn_heap *heap, struct cairn_stats *stats)
{
    heap_stats(heap, stats);
    stats->held = held_bytes(heap);
    stats->used -= stats->held;
}

struct walk {
    cairn_visit *visit;
    void *context;
};

static bool look_at(void *context, void *p, size_t size, enum cairn_kind kind)
{
    const struct walk *walk = context;
    if (kind == CAIRN_USED && guard_is_held(p, size))
        kind = CAIRN_HELD;
    return walk->visit(walk->context, p, size, kind);
}

bool held_walk(struct cairn_heap *heap, cairn_visit *visit, void *context)
{
    struct walk walk = {.visit = visit, .context = context};
    return heap_walk(heap, look_at, &walk);
}

LAYOUT_OF(quarantine)
{
    LAYOUT("quarantine", CAIRN_QUARANTINE);
}

#endif
