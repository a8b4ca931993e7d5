/* A pointer to the second granule of a large block, where the map has its size.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(4000));
    expect_fatal("a pointer into a large block is caught", CAIRN_NOT_A_BLOCK, p + CAIRN_GRANULE);
    free(p + CAIRN_GRANULE);
    return fatal_missed();
}
