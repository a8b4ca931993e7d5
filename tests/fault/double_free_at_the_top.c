/* A block that is freed again after it went back to the break.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *below = launder(malloc(8));
    void *p = launder(malloc(40));
    free(p);
    malloc_trim(0);
    expect_fatal("a block freed twice is caught above the top", CAIRN_NOT_A_BLOCK, p);
    free(p);
    free(below);
    return fatal_missed();
}
