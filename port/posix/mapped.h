/* mapped.h: large blocks, each a mapping of its own: given back to the system at once when it is freed.
 *
 * A table knows all of them by their addresses. It alone proves a pointer: what lies at or before a block is not
 * read. It has a lock of its own.
 *
 * A block that was freed makes blocks of its size the arenas' from then on, up to MAPPED_MOST: a program that frees
 * and takes such blocks again and again does not pay for their pages each time.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_MAPPED_H
#define CAIRN_POSIX_MAPPED_H

#include "lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes: a request of so many is a mapping of its own, at first. */
#ifndef CAIRN_POSIX_MAP_FROM
#define CAIRN_POSIX_MAP_FROM ((size_t)256 << 10)
#endif

enum { MAPPED_MOST = 32 << 20 }; /* bytes: what is larger is always one */

extern struct lock mapped_lock __attribute__((visibility("hidden")));
extern size_t mapped_from __attribute__((visibility("hidden")));

/* How large a request is a mapping of its own? */
static inline size_t mapped_least(void)
{
    return __atomic_load_n(&mapped_from, __ATOMIC_RELAXED);
}

/* Map `size` bytes, aligned to `alignment`, a power of two. They are 0. NULL, with errno as it was, if the system
 * refuses, or fork() has frozen the table. */
void *mapped_take(size_t alignment, size_t size) __attribute__((visibility("hidden")));

/* Free the block at `p`. Anything else is misuse. */
void mapped_free(void *p) __attribute__((visibility("hidden")));

/* Bytes of the block at `p`. Anything else is misuse. */
size_t mapped_size(const void *p) __attribute__((visibility("hidden")));

/* Make the block at `p` `size` bytes large, more than 0, without copying it. NULL, with the block and errno as they
 * were, if the system refuses. */
void *mapped_resize(void *p, size_t size) __attribute__((visibility("hidden")));

/* How many there are, and their bytes. */
void mapped_count(size_t *blocks, size_t *bytes) __attribute__((visibility("hidden")));

/* The start and the size of the block that an address lies in. False if it lies in none. Without the lock: for a
 * report of misuse. */
bool mapped_find(const void *address, uintptr_t *start, size_t *size) __attribute__((visibility("hidden")));

#endif
