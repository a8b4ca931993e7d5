/* CAIRN_SITES=16: sites that are as far apart as functions find places all over the table.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

enum { CALLERS = 3 * CAIRN_SITES, APART_BY = 64 };

/* No code is there: who asks is a number. */
static const void *caller(unsigned i)
{
    return (const void *)(uintptr_t)(0x8000 + i * APART_BY);
}

static void no_place_stays_empty_while_sites_find_none(void)
{
    void *blocks[CALLERS];
    struct cairn_site site;
    for (unsigned i = 0; i < CALLERS; i++)
        blocks[i] = launder(cairn_malloc_for(caller(i), 3));
    for (uint32_t n = 0; n < CAIRN_SITES; n++)
        CHECK(cairn_read_site(n, &site) && site.caller != NULL && site.blocks == 1 && site.bytes == 3);
    CHECK(cairn_read_site(CAIRN_SITES, &site) && site.blocks == CALLERS - CAIRN_SITES && site.caller == NULL);
    for (unsigned i = 0; i < CALLERS; i++)
        free(blocks[i]);
    CHECK(system_empty());
}

TAP_MAIN(TEST(no_place_stays_empty_while_sites_find_none))
