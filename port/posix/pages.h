/* pages.h: the system's pages.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_PAGES_H
#define CAIRN_POSIX_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>

/* Bytes of a page. */
static inline size_t pages_size(void)
{
    return getauxval(AT_PAGESZ);
}

/* The next page boundary at or above an address, and at or below it. */
static inline char *pages_up(const void *p)
{
    return (char *)(((uintptr_t)p + pages_size() - 1u) & ~(uintptr_t)(pages_size() - 1u));
}

static inline char *pages_down(const void *p)
{
    return (char *)((uintptr_t)p & ~(uintptr_t)(pages_size() - 1u));
}

/* Map new pages between two page boundaries, to be read and written. False if the system has none, or if anything
 * is mapped there; in the latter case *`taken` becomes true. */
bool pages_map(char *from, const char *to, bool *taken) __attribute__((visibility("hidden")));

/* Give back the whole pages between two addresses: then they are 0. False if there are none, or if the system
 * leaves them where they are. */
bool pages_give_back(const void *from, const void *to) __attribute__((visibility("hidden")));

#endif
