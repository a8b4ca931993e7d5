/* The old pointer is freed after realloc() has moved the block.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(40));
    void *above = launder(malloc(8));
    void *moved = launder(realloc(p, 400));
    expect_fatal("the old pointer of a moved block is caught", CAIRN_DOUBLE_FREE, p);
    free(p);
    free(moved);
    free(above);
    return fatal_missed();
}
