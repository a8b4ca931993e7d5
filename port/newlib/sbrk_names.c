/* sbrk_names.c: newlib's names of sbrk(). `used`: see reent.c.
 *
 * Weak: they give way to a firmware's own, as RTOSes and vendors' projects have them. The C library calls these names
 * in its own malloc and in its sbrk() only, and this heap takes the place of both. So nothing calls the firmware's,
 * unless it does itself: then two hand out the same RAM.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <reent.h>
#include <stddef.h>

void *sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment);

__attribute__((used, weak)) void *_sbrk(ptrdiff_t increment)
{
    return sbrk(increment);
}

__attribute__((used, weak)) void *_sbrk_r(struct _reent *reent, ptrdiff_t increment)
{
    void *old = sbrk(increment);
    if (old == (void *)-1)
        reent->_errno = errno;
    return old;
}
