/* calls.c: counts the instructions of a program's calls of malloc and free, linked with --wrap=malloc --wrap=free.
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"
#include "result.h"

#include <stddef.h>

void *__real_malloc(size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void __wrap_free(void *block);

static struct calls {
    uint64_t ticks; /* of all */
    uint32_t count, longest;
} mallocs, frees;
static uint32_t overhead; /* ticks from one reading to the next */

static void note(struct calls *calls, uint64_t ticks)
{
    calls->ticks += ticks;
    calls->count++;
    if (ticks > calls->longest)
        calls->longest = (uint32_t)ticks;
}

void *__wrap_malloc(size_t size)
{
    uint64_t start = clock_ticks();
    void *block = __real_malloc(size);
    note(&mallocs, clock_ticks() - start);
    return block;
}

void __wrap_free(void *block)
{
    uint64_t start = clock_ticks();
    __real_free(block);
    note(&frees, clock_ticks() - start);
}

/* What starts a heap is no part of a call. */
__attribute__((constructor)) static void start_heap(void)
{
    __real_free(__real_malloc(1));
}

static void report(const char *count, const char *all, const char *longest, const struct calls *calls)
{
    uint64_t net = calls->ticks - (uint64_t)calls->count * overhead;
    result(count, calls->count);
    result(all, (uint32_t)clock_instructions(net));
    result(longest, calls->count == 0 ? 0 : (uint32_t)clock_instructions(calls->longest - overhead));
}

void clock_report(void)
{
    uint64_t start = clock_ticks();
    overhead = (uint32_t)(clock_ticks() - start);
    report("mallocs", "malloc_all", "malloc_longest", &mallocs);
    report("frees", "free_all", "free_longest", &frees);
}
