/* A block of a region that is resized after it was freed.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(64) char memory[512];

int main(void)
{
    if (cairn_add_region(memory, sizeof memory, CAIRN_EXTERNAL) != CAIRN_REGION_ADDED)
        return 1;
    void *p = launder(cairn_malloc_in(CAIRN_EXTERNAL, 24));
    void *above = launder(cairn_malloc_in(CAIRN_EXTERNAL, 24));
    free(p);
    expect_fatal("realloc of a freed block of a region is caught", CAIRN_DOUBLE_FREE, p);
    p = launder(realloc(p, 40));
    free(above);
    return fatal_missed();
}
