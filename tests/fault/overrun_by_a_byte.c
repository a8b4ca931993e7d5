/* One byte too many is written, and found when the block is freed.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(96));
    void *above = launder(malloc(8));
    free(q);
    p[malloc_usable_size(p)] ^= 1;
    expect_fatal("an overrun by a byte is found by free", CAIRN_CORRUPT_LINK, q);
    free(p);
    free(above);
    return fatal_missed();
}
