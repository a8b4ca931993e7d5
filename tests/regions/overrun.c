/* A write past the end of a region's block, into a free one. Where the heap keeps a trailer with each block, it is
 * that which is found damaged.
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
    free(q);
    expect_fatal("an overrun into a free block of a region is caught",
                 KEPT_BEHIND != 0 ? CAIRN_OVERRUN : CAIRN_CORRUPT_SIZE, KEPT_BEHIND != 0 ? q - 2 * sizeof(void *) : q);
    fill(p, (size_t)(q - p) + CAIRN_GRANULE, 7);
    free(launder(p));
    free(above);
    return fatal_missed();
}
