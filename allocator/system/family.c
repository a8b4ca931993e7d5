/* family.c: the names of the malloc family that are made of others.
 *
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <stdint.h>

/* The unit of valloc() and pvalloc(). There is no page on a microcontroller; newlib's is 4096. */
enum { PAGE = 4096 };

COLD void family_cfree(void *p)
{
    free_for(CALLER, p);
}

COLD void *family_reallocf(void *p, size_t size)
{
    void *moved = realloc_for(CALLER, p, size);
    if (moved == NULL)
        free_for(CALLER, p);
    return moved;
}

COLD void *family_reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;
    return realloc_for(CALLER, p, __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

COLD void *family_aligned_alloc(size_t alignment, size_t size)
{
    return memalign_for(CALLER, alignment, size);
}

COLD int family_posix_memalign(void **result, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *p = memalign_for(CALLER, alignment, size);
    int error = errno;
    errno = saved;
    if (p == NULL)
        return error;
    *result = p;
    return 0;
}

COLD void *family_valloc(size_t size)
{
    return memalign_for(CALLER, PAGE, size);
}

COLD void *family_pvalloc(size_t size)
{
    /* Past SIZE_MAX - PAGE the sum would wrap round; nothing so large is served anyway. */
    return memalign_for(CALLER, PAGE, size > SIZE_MAX - PAGE ? size : (size + PAGE - 1u) & ~(size_t)(PAGE - 1u));
}

/* Nothing is ever held back: a block that becomes free at the top is given back at once. */
COLD int family_malloc_trim(size_t pad)
{
    (void)pad;
    return 0;
}

COLD int family_mallopt(int parameter, int value)
{
    (void)parameter;
    (void)value;
    return 0; /* nothing to set: all options are chosen at build time */
}
