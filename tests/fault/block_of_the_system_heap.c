/* A block of the system heap that is given to a private one.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(1000));
    struct cairn_heap *heap = cairn_init(p, 1000);
    void *q = launder(malloc(40));
    expect_fatal("the system heap's block is caught by a private heap", CAIRN_NOT_A_BLOCK, q);
    cairn_free(heap, q);
    return fatal_missed();
}
