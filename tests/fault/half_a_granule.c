/* A pointer that is aligned for words, but not for blocks.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char *p = launder(malloc(40));
    expect_fatal("a pointer half a granule off is caught", CAIRN_NOT_A_BLOCK, p + CAIRN_GRANULE / 2);
    free(p + CAIRN_GRANULE / 2);
    return fatal_missed();
}
