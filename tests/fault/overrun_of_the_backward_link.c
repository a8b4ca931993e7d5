/* A backward link that leads to a block which does not lead back.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(96));
    void *between = launder(malloc(8));
    char *r = launder(malloc(96));
    void *above = launder(malloc(8));
    free(q);
    free(r); /* now before q in their list */
    q[CAIRN_INDEX_BITS / 8] ^= 1;
    expect_fatal("a backward link that was overwritten is found", CAIRN_CORRUPT_LINK, q);
    free(p);
    free(between);
    free(above);
    return fatal_missed();
}
