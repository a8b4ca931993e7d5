/* The size in the first granule of a free block becomes 0, its links stay.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

#include <string.h>

int main(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(96));
    void *above = launder(malloc(8));
    free(q);
    memset(q + CAIRN_INDEX_BITS / 4, 0, CAIRN_INDEX_BITS / 8);
    expect_fatal("a size that was cleared is found", CAIRN_CORRUPT_SIZE, q);
    free(p);
    free(above);
    return fatal_missed();
}
