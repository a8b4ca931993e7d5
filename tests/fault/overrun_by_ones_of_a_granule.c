/* The first granule of a free block becomes 0xff.
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
    memset(q, 0xff, CAIRN_GRANULE);
    expect_fatal("a granule of 0xff in a free block is found", CAIRN_CORRUPT_SIZE, q);
    free(p);
    free(above);
    return fatal_missed();
}
