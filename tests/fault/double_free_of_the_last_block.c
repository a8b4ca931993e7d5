/* A block that is freed again when the heap is empty.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(40));
    free(p);
    malloc_trim(0);
    expect_fatal("a block freed twice is caught in an empty heap", CAIRN_NOT_A_BLOCK, p);
    free(p);
    return fatal_missed();
}
