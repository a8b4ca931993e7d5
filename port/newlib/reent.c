/* reent.c: the reentrant names by which newlib's own functions allocate.
 *
 * All of them, or the C library's allocator comes in beside this one. Each is the plain name and nothing
 * else: errno is in the structure that newlib means by it when the name is called (_REENT), as for the plain
 * name; a caller that passes another structure finds no error there.
 *
 * `used`: what optimizes at link time does not see the C library's calls, and would drop what they need.
 *
 * SPDX-License-Identifier: MIT */
#include "system/names.h"

#include <malloc.h>
#include <reent.h>

/* Takes this object, and with it all names, out of the archive: linker/sections.ld asks for it, as
 * does `-u cairn_names` on a link line. */
const char cairn_names = 0;

/* Not in newlib's headers. */
void *_reallocf_r(struct _reent *reent, void *p, size_t size);
void _cfree_r(struct _reent *reent, void *p);

__attribute__((used)) void *_malloc_r(struct _reent *reent, size_t size)
{
    (void)reent;
    return malloc_for(CALLER, size);
}

__attribute__((used)) void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
    (void)reent;
    return calloc_for(CALLER, count, size);
}

__attribute__((used)) void *_realloc_r(struct _reent *reent, void *p, size_t size)
{
    (void)reent;
    return realloc_for(CALLER, p, size);
}

__attribute__((used)) void *_reallocf_r(struct _reent *reent, void *p, size_t size)
{
    (void)reent;
    return reallocf(p, size);
}

__attribute__((used)) void *_memalign_r(struct _reent *reent, size_t alignment, size_t size)
{
    (void)reent;
    return memalign_for(CALLER, alignment, size);
}

__attribute__((used)) void *_valloc_r(struct _reent *reent, size_t size)
{
    (void)reent;
    return valloc(size);
}

__attribute__((used)) void *_pvalloc_r(struct _reent *reent, size_t size)
{
    (void)reent;
    return pvalloc(size);
}

__attribute__((used)) void _free_r(struct _reent *reent, void *p)
{
    (void)reent;
    free_for(CALLER, p);
}

__attribute__((used)) void _cfree_r(struct _reent *reent, void *p)
{
    (void)reent;
    free_for(CALLER, p);
}

__attribute__((used)) size_t _malloc_usable_size_r(struct _reent *reent, void *p)
{
    (void)reent;
    return malloc_usable_size(p);
}

__attribute__((used)) int _malloc_trim_r(struct _reent *reent, size_t pad)
{
    (void)reent;
    return malloc_trim(pad);
}

__attribute__((used)) int _mallopt_r(struct _reent *reent, int parameter, int value)
{
    (void)reent;
    return mallopt(parameter, value);
}

__attribute__((used)) struct mallinfo _mallinfo_r(struct _reent *reent)
{
    (void)reent;
    return mallinfo();
}

__attribute__((used)) void _malloc_stats_r(struct _reent *reent)
{
    (void)reent;
    malloc_stats();
}

/* The lock that newlib's own malloc takes. Nothing else calls these; they are here so that a
 * reference brings no object of the C library's. Weak: a firmware may have its own. */
__attribute__((used, weak)) void __malloc_lock(struct _reent *reent)
{
    (void)reent;
}

__attribute__((used, weak)) void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
}
