/* libc_names.c: further names of glibc's and of C23 for what the family does.
 *
 * glibc exports the family once more with __libc_ before its names, for those who wrap it: they must not
 * reach another heap.
 *
 * SPDX-License-Identifier: MIT */
#include "visible.h"

#pragma GCC visibility push(default)

/* The size is not needed: the map knows it. */
void free_sized(void *p, size_t size);
void free_sized(void *p, size_t size)
{
    (void)size;
    free(p);
}

void free_aligned_sized(void *p, size_t alignment, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    free(p);
}

void *__libc_malloc(size_t size);
void *__libc_malloc(size_t size)
{
    return malloc(size);
}

void __libc_free(void *p);
void __libc_free(void *p)
{
    free(p);
}

void *__libc_calloc(size_t count, size_t size);
void *__libc_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

void *__libc_realloc(void *p, size_t size);
void *__libc_realloc(void *p, size_t size)
{
    return realloc(p, size);
}

void *__libc_memalign(size_t alignment, size_t size);
void *__libc_memalign(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

void *__libc_valloc(size_t size);
void *__libc_valloc(size_t size)
{
    return valloc(size);
}

void *__libc_pvalloc(size_t size);
void *__libc_pvalloc(size_t size)
{
    return pvalloc(size);
}

int __posix_memalign(void **result, size_t alignment, size_t size);
int __posix_memalign(void **result, size_t alignment, size_t size)
{
    return posix_memalign(result, alignment, size);
}
