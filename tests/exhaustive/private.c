/* private.c: a private heap to explore.
 *
 * SPDX-License-Identifier: MIT */
#include "subject.h"

static struct cairn_heap *heap;

static struct cairn_heap *begin(uint8_t *memory, size_t size, size_t spare)
{
    return heap = cairn_init(memory, size + (spare != 0 ? CAIRN_GRANULE - 1 : 0));
}

static void *take(size_t size)
{
    return cairn_malloc(heap, size);
}

static void *take_cleared(size_t count, size_t size)
{
    return cairn_calloc(heap, count, size);
}

static void *take_aligned(size_t alignment, size_t size)
{
    return cairn_aligned_alloc(heap, alignment, size);
}

static void *resize(void *p, size_t size)
{
    return cairn_realloc(heap, p, size);
}

static void release(void *p)
{
    cairn_free(heap, p);
}

static size_t usable(void *p)
{
    return cairn_usable_size(heap, p);
}

static void put_others(uint8_t *start, uint8_t *end, uint8_t *brk)
{
    (void)start, (void)end, (void)brk;
}

static void get_others(uint8_t **start, uint8_t **end, uint8_t **brk)
{
    *start = *end = *brk = NULL;
}

static void before(void)
{
}

static const char *after(bool refused)
{
    (void)refused;
    return NULL;
}

const struct subject private_heap = {
    .begin = begin,
    .take = take,
    .take_cleared = take_cleared,
    .take_aligned = take_aligned,
    .resize = resize,
    .release = release,
    .usable = usable,
    .put_others = put_others,
    .get_others = get_others,
    .before = before,
    .after = after,
};
