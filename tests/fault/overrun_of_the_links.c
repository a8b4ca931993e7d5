/* The two links of a free block become 0, its size stays.
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
    memset(q, 0, CAIRN_INDEX_BITS / 4);
    expect_fatal("links of a free block that were cleared are found", CAIRN_CORRUPT_LINK, q);
    free(p);
    free(above);
    return fatal_missed();
}
