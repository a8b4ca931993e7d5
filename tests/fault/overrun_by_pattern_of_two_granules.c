/* All of a free block of two granules becomes 0xaa.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

#include <string.h>

int main(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(2 * CAIRN_GRANULE));
    void *above = launder(malloc(8));
    free(q);
    memset(q, 0xaa, 2 * CAIRN_GRANULE);
    expect_fatal("two granules of 0xaa in a free block are found", CAIRN_CORRUPT_SIZE, q);
    free(p);
    free(above);
    return fatal_missed();
}
