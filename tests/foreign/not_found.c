/* Where the linker script names no region for the heap, the first request ends in cairn_fatal(), whichever it is, and so
 * does every later one: no request gives NULL.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "port.h"
#include "tap.h"

#include <string.h>

/* The start, if the script names that at least; otherwise NULL. In C a linker symbol is an address, never a value. */
extern char expected_start[];

static void ask_malloc(struct cairn_heap *heap, void *p)
{
    (void)heap;
    launder(malloc((size_t)(uintptr_t)p));
}

static void ask_calloc(struct cairn_heap *heap, void *p)
{
    (void)heap;
    launder(calloc(1, (size_t)(uintptr_t)p));
}

static void ask_realloc(struct cairn_heap *heap, void *p)
{
    (void)heap;
    launder(realloc(NULL, (size_t)(uintptr_t)p));
}

static void ask_sbrk(struct cairn_heap *heap, void *p)
{
    (void)heap;
    launder(sbrk((ptrdiff_t)(uintptr_t)p));
}

static bool is_loud(void (*ask)(struct cairn_heap *heap, void *p), size_t size)
{
    fatal_reason = (enum cairn_reason)0;
    return is_fatal(ask, NULL, (void *)size) && fatal_reason == CAIRN_NO_HEAP && fatal_address == expected_start;
}

static void malloc_ends_in_cairn_fatal(void)
{
    CHECK(is_loud(ask_malloc, 1));
    CHECK(is_loud(ask_malloc, 0) && is_loud(ask_malloc, 1000));
}

static void calloc_and_realloc_end_in_cairn_fatal(void)
{
    CHECK(is_loud(ask_calloc, 8) && is_loud(ask_realloc, 8));
}

static void sbrk_ends_in_cairn_fatal(void)
{
    CHECK(is_loud(ask_sbrk, 8) && is_loud(ask_sbrk, 0));
}

static void the_message_names_the_remedy(void)
{
    const char *text = cairn_reason_text(fatal_reason);
    tap_comment(text);
    CHECK(strstr(text, "no heap") != NULL);
    CHECK(strstr(text, "__heap_start") != NULL && strstr(text, "__heap_limit") != NULL);
}

TAP_MAIN(TEST(malloc_ends_in_cairn_fatal), TEST(calloc_and_realloc_end_in_cairn_fatal), TEST(sbrk_ends_in_cairn_fatal),
         TEST(the_message_names_the_remedy))
