/* reent.c: the reentrant names by which newlib's own functions allocate.
 *
 * All of them, or the C library's allocator comes in beside this one. errno goes to the structure
 * that the caller names, which is the one that errno means for whoever it belongs to.
 *
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include <malloc.h>
#include <errno.h>
#include <reent.h>

/* Takes this object, and with it all names, out of the archive: linker/sections.ld asks for it, as
 * does `-u cairn_names` on a link line. */
const char cairn_names = 0;

/* Not in newlib's headers. */
void *_reallocf_r(struct _reent *reent, void *p, size_t size);
void _cfree_r(struct _reent *reent, void *p);

static void *or_errno(struct _reent *reent, void *p)
{
    if (p == NULL)
        reent->_errno = errno;
    return p;
}

void *_malloc_r(struct _reent *reent, size_t size)
{
    return or_errno(reent, malloc_for(CALLER, size));
}

void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
    return or_errno(reent, calloc_for(CALLER, count, size));
}

void *_realloc_r(struct _reent *reent, void *p, size_t size)
{
    return or_errno(reent, realloc_for(CALLER, p, size));
}

void *_reallocf_r(struct _reent *reent, void *p, size_t size)
{
    return or_errno(reent, reallocf(p, size));
}

void *_memalign_r(struct _reent *reent, size_t alignment, size_t size)
{
    return or_errno(reent, memalign_for(CALLER, alignment, size));
}

void *_valloc_r(struct _reent *reent, size_t size)
{
    return or_errno(reent, valloc(size));
}

void *_pvalloc_r(struct _reent *reent, size_t size)
{
    return or_errno(reent, pvalloc(size));
}

void _free_r(struct _reent *reent, void *p)
{
    (void)reent;
    free_for(CALLER, p);
}

void _cfree_r(struct _reent *reent, void *p)
{
    (void)reent;
    free_for(CALLER, p);
}

size_t _malloc_usable_size_r(struct _reent *reent, void *p)
{
    (void)reent;
    return malloc_usable_size(p);
}

int _malloc_trim_r(struct _reent *reent, size_t pad)
{
    (void)reent;
    return malloc_trim(pad);
}

int _mallopt_r(struct _reent *reent, int parameter, int value)
{
    (void)reent;
    return mallopt(parameter, value);
}

struct mallinfo _mallinfo_r(struct _reent *reent)
{
    (void)reent;
    return mallinfo();
}

void _malloc_stats_r(struct _reent *reent)
{
    (void)reent;
    malloc_stats();
}

/* The lock that newlib's own malloc takes. Nobody but it calls these; they stand here so that a
 * reference brings no object of the C library's. */
void __malloc_lock(struct _reent *reent)
{
    (void)reent;
}

void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
}
