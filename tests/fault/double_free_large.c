/* A block whose size takes a number in the map, freed twice.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(2000));
    void *above = launder(malloc(8));
    free(p);
    expect_fatal("a large block that is freed twice is caught", CAIRN_DOUBLE_FREE, p);
    free(p);
    free(above);
    return fatal_missed();
}
