/* realloc() of a pointer into a block.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(80));
    expect_fatal("realloc of a pointer into a block is caught", CAIRN_NOT_A_BLOCK, p + CAIRN_GRANULE);
    p = launder(realloc(p + CAIRN_GRANULE, 8));
    return fatal_missed();
}
