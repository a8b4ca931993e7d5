/* A pointer one byte into a block.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(40));
    expect_fatal("an unaligned pointer is caught", CAIRN_NOT_A_BLOCK, p + 1);
    free(p + 1);
    return fatal_missed();
}
