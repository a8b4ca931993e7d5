/* A block that is freed again when another one covers its place.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *below = launder(malloc(40));
    void *p = launder(malloc(40));
    void *above = launder(malloc(8));
    free(below);
    free(p);
    void *cover = launder(malloc(80));
    expect_fatal("a block freed twice is caught inside the block that took its place", CAIRN_NOT_A_BLOCK, p);
    free(p);
    free(cover);
    free(above);
    return fatal_missed();
}
