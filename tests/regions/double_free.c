/* A block of a region that is freed twice.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(64) char memory[512];

int main(void)
{
    if (cairn_add_region(memory, sizeof memory, CAIRN_FAST) != CAIRN_REGION_ADDED)
        return 1;
    void *p = launder(cairn_malloc_in(CAIRN_FAST, 24));
    void *above = launder(cairn_malloc_in(CAIRN_FAST, 24));
    free(p);
    expect_fatal("a block of a region that is freed twice is caught", CAIRN_DOUBLE_FREE, p);
    free(p);
    free(above);
    return fatal_missed();
}
