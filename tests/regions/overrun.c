/* A write past the end of a region's block, into a free one.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(64) char memory[512];

int main(void)
{
    if (cairn_add_region(memory, sizeof memory, CAIRN_EXTERNAL) != CAIRN_REGION_ADDED)
        return 1;
    char *p = launder(cairn_malloc_in(CAIRN_EXTERNAL, 24));
    char *q = launder(cairn_malloc_in(CAIRN_EXTERNAL, 24));
    void *above = launder(cairn_malloc_in(CAIRN_EXTERNAL, 24));
    size_t size = malloc_usable_size(p);
    free(q);
    expect_fatal("an overrun into a free block of a region is caught", CAIRN_CORRUPT_SIZE, q);
    fill(p, size + CAIRN_GRANULE, 7);
    free(launder(p));
    free(above);
    return fatal_missed();
}
