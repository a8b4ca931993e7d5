/* blocks.c: see blocks.h.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"

#include "port.h"
#include "tap.h"

size_t room(void)
{
    return (size_t)(port_heap_limit() - (char *)sbrk(0));
}

void *keep_room(size_t most)
{
    return sbrk(room() > most ? (ptrdiff_t)(room() - most) : 0);
}

__attribute__((noinline, no_sanitize("address"))) void clear_stack_below(void)
{
    volatile uintptr_t below[256];
    for (unsigned i = 0; i < sizeof below / sizeof *below; i++)
        below[i] = 0;
}

static unsigned char pattern(size_t i, unsigned seed)
{
    return (unsigned char)(i * 7u + i / 256u + seed * 31u + 5u);
}

void fill(void *p, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)p)[i] = pattern(i, seed);
}

bool filled(const void *p, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)p)[i] != pattern(i, seed))
            return false;
    return true;
}

bool all_zero(const void *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)p)[i] != 0)
            return false;
    return true;
}

/* FNV-1a, a word at a time where there is one. */
uint32_t hash(const void *from, size_t size)
{
    const unsigned char *p = from;
    uint32_t result = 2166136261u;
    for (; size > 0 && (!aligned(p, sizeof result) || size < sizeof result); size--)
        result = (result ^ *p++) * 16777619u;
    for (; size >= sizeof result; size -= sizeof result, p += sizeof result)
        result = (result ^ *(const uint32_t __attribute__((may_alias)) *)(const void *)p) * 16777619u;
    for (; size > 0; size--)
        result = (result ^ *p++) * 16777619u;
    return result;
}

struct counting {
    enum cairn_kind kind;
    struct count count;
};

static bool count_one(void *context, void *block, size_t size, enum cairn_kind kind)
{
    struct counting *counting = context;
    (void)block;
    if (kind == counting->kind) {
        counting->count.blocks++;
        counting->count.bytes += size;
    }
    return true;
}

struct count count_blocks(struct cairn_heap *heap, enum cairn_kind kind)
{
    struct counting counting = {.kind = kind};
    cairn_walk(heap, count_one, &counting);
    return counting.count;
}

bool sound(struct cairn_heap *heap)
{
    const void *where;
    int invariant = cairn_check(heap, &where);
    if (invariant != 0) {
        tap_comment_number("broken: I", (unsigned long)invariant);
        return false;
    }
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    size_t used = count_blocks(heap, CAIRN_USED).bytes + count_blocks(heap, CAIRN_RESERVED).bytes;
    size_t held = count_blocks(heap, CAIRN_HELD).bytes;
#if CAIRN_QUARANTINE > 0
    if (stats.held != held)
        return false;
#endif
    return stats.used == used && stats.free == count_blocks(heap, CAIRN_FREE).bytes &&
           cairn_used_bytes(heap) == stats.used && cairn_free_bytes(heap) == stats.free + stats.can_grow &&
           stats.size == stats.control + stats.used + stats.free + held &&
           stats.guaranteed <= stats.free + stats.can_grow;
}

bool all_free(struct cairn_heap *heap)
{
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    return sound(heap) && count_blocks(heap, CAIRN_USED).blocks == 0 &&
           count_blocks(heap, CAIRN_FREE).blocks + (stats.can_grow != 0) == 1;
}

bool system_empty(void)
{
    struct cairn_heap *heap = cairn_system();
    malloc_trim(0);
    return heap == NULL ||
           (sound(heap) && count_blocks(heap, CAIRN_USED).blocks == 0 && count_blocks(heap, CAIRN_FREE).blocks == 0);
}
