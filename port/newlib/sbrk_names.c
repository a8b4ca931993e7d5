/* sbrk_names.c: newlib's names of sbrk(). `used`: see reent.c.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <reent.h>
#include <stddef.h>

void *sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment);

__attribute__((used)) void *_sbrk(ptrdiff_t increment)
{
    return sbrk(increment);
}

__attribute__((used)) void *_sbrk_r(struct _reent *reent, ptrdiff_t increment)
{
    void *old = sbrk(increment);
    if (old == (void *)-1)
        reent->_errno = errno;
    return old;
}
