/* sbrk_names.c: newlib's names of sbrk().
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <reent.h>
#include <stddef.h>

void *sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment);

void *_sbrk(ptrdiff_t increment)
{
    return sbrk(increment);
}

void *_sbrk_r(struct _reent *reent, ptrdiff_t increment)
{
    void *old = sbrk(increment);
    if (old == (void *)-1)
        reent->_errno = errno;
    return old;
}
