/* guarded.c: see guarded.h.
 *
 * SPDX-License-Identifier: MIT */
#include "guarded.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

/* Reserved on either side: 2^32 granules of 16 bytes where there is room for that. */
static const size_t reach = sizeof(size_t) > 4 ? (size_t)(UINT64_C(1) << 36) : (size_t)64 << 20;

static char *reserve(void)
{
    char *start = mmap(NULL, 2 * reach, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED || mprotect(start + reach, GUARDED_MOST, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded");
        exit(1);
    }
    return start + reach;
}

char *guarded(size_t size)
{
    static char *memory;
    if (memory == NULL)
        memory = reserve();
    char *start = memory + (GUARDED_MOST - size) / 8u * 8u;
    ASAN_POISON_MEMORY_REGION(memory, GUARDED_MOST);
    ASAN_UNPOISON_MEMORY_REGION(start, size);
    return start;
}
