/* hooks.c: see hooks.h.
 *
 * SPDX-License-Identifier: MIT */
#include "hooks.h"

#include "system/names.h"

#include <errno.h>

unsigned hook_failures, hook_records;
struct cairn_request hook_request;
size_t hook_largest_free;
void *hook_reserve;
uintptr_t hook_record[CAIRN_TRACE_MOST];
uint32_t hook_words;

#if CAIRN_COUNTS
void cairn_on_failure(const struct cairn_request *request, size_t largest_free)
{
    hook_failures++;
    hook_request = *request;
    hook_largest_free = largest_free;
    free(hook_reserve);
    hook_reserve = NULL;
    errno = 0; /* what malloc() says of the failure stays */
}
#endif

#if CAIRN_TRACE
void cairn_trace(const uintptr_t *words, uint32_t count)
{
    hook_records++;
    hook_words = count;
    for (uint32_t i = 0; i < count; i++)
        hook_record[i] = words[i];
}
#endif
