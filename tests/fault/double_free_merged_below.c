/* A block that is freed again after it has become part of the free block below it.
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
    expect_fatal("a block freed twice is caught inside the free block below", CAIRN_DOUBLE_FREE, p);
    free(p);
    free(above);
    return fatal_missed();
}
