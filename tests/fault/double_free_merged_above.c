/* A block that is freed again after the free block above has become part of it.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(40));
    void *next = launder(malloc(40));
    void *above = launder(malloc(8));
    free(next);
    free(p);
    expect_fatal("a block freed twice is caught although it has grown", CAIRN_DOUBLE_FREE, p);
    free(p);
    free(above);
    return fatal_missed();
}
