/* realloc() of the granule after the last block, which the map has as a sentinel.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(8));
    expect_fatal("realloc of the end of the last block is caught", CAIRN_NOT_A_BLOCK, p + CAIRN_GRANULE);
    p = launder(realloc(p + CAIRN_GRANULE, 40));
    return fatal_missed();
}
