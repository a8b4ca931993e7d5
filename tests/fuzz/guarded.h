/* guarded.h: memory whose every neighbour is out of bounds: bytes by AddressSanitizer, farther away by pages
 * that may not be touched, as far as a granule's index reaches.
 *
 * SPDX-License-Identifier: MIT */
#ifndef GUARDED_H
#define GUARDED_H

#include <stddef.h>

enum { GUARDED_MOST = 8192 };

/* `size` bytes, GUARDED_MOST at most; those of the last call are gone. Aligned to 8. Old contents. */
char *guarded(size_t size);

#endif
