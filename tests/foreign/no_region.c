/* A heap that is empty on purpose: the script, or the link line, gives it a limit that is its start. Nothing is served,
 * and nothing is written.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>

/* In C a linker symbol is an address, never a value. */
extern char expected_start[];

static void there_is_no_memory(void)
{
    CHECK(port_heap_start() == expected_start && port_heap_limit() == expected_start);
}

static void malloc_gives_null(void)
{
    errno = 0;
    CHECK(launder(malloc(1)) == NULL && errno == ENOMEM);
    CHECK(launder(calloc(1, 1)) == NULL && launder(realloc(NULL, 8)) == NULL);
    CHECK(cairn_system() == NULL);
}

static void the_break_does_not_move(void)
{
    errno = 0;
    CHECK(sbrk(1) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(-1) == (void *)-1);
    CHECK(sbrk(0x10000000) == (void *)-1);
}

TAP_MAIN(TEST(there_is_no_memory), TEST(malloc_gives_null), TEST(the_break_does_not_move))
