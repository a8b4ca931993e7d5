/* realloc() of a block that was freed.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(40));
    void *above = launder(malloc(8));
    free(p);
    expect_fatal("realloc of a freed block is caught", CAIRN_DOUBLE_FREE, p);
    p = launder(realloc(p, 80));
    free(above);
    return fatal_missed();
}
