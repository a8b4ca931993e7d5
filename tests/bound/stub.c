/* stub.c: an allocator that does nothing, in place of the heap: what the replay measures beside the calls
 * themselves. One block at a time, as tests/bound/replayed.py asks for them.
 *
 * SPDX-License-Identifier: MIT */
#include "system/names.h"

#include <stdint.h>

static uint64_t block[2] __attribute__((aligned(64))), zeros[2];

void *malloc(size_t size)
{
    (void)size;
    return block;
}

void *calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    return zeros;
}

void *realloc(void *p, size_t size)
{
    (void)size;
    return p;
}

void *memalign(size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    return block;
}

void free(void *p)
{
    (void)p;
}
