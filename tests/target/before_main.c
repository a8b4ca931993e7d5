/* The heap serves the first caller: a constructor, before main().
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

static char *early;
static bool was_unused;

__attribute__((constructor)) static void allocate_early(void)
{
    was_unused = cairn_system() == NULL;
    early = launder(malloc(50));
    fill(early, 50, 1);
}

static void a_constructor_gets_memory_before_main(void)
{
    CHECK(was_unused);
    CHECK(early != NULL && early > port_heap_start() && early + 50 <= port_heap_limit());
}

static void the_memory_of_a_constructor_is_kept(void)
{
    void *p = launder(malloc(100));
    CHECK(p != NULL && p != early);
    CHECK(filled(early, 50, 1) && sound(cairn_system()));
    free(p);
    free(early);
    CHECK(system_empty());
}

TAP_MAIN(TEST(a_constructor_gets_memory_before_main), TEST(the_memory_of_a_constructor_is_kept))
