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
    void *between = launder(malloc(8));
    char *r = launder(malloc(96));
    void *above = launder(malloc(8));
    free(q);
    free(r); /* its forward link leads to q */
    memset(r, 0, CAIRN_GRANULE / 2);
    expect_fatal("links of a free block that were cleared are found", CAIRN_CORRUPT_SIZE, r);
    free(launder(malloc(96)));
    free(p);
    free(between);
    free(above);
    return fatal_missed();
}
