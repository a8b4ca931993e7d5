/* A pointer into the middle of a small block.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(80));
    expect_fatal("a pointer into a small block is caught", CAIRN_NOT_A_BLOCK, p + 2 * CAIRN_GRANULE);
    free(p + 2 * CAIRN_GRANULE);
    return fatal_missed();
}
