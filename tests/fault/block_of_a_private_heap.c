/* A private heap's block that is given to free().
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(1000));
    struct cairn_heap *heap = cairn_init(p, 1000);
    void *q = launder(cairn_malloc(heap, 40));
    expect_fatal("a private heap's block is caught by the system heap", CAIRN_NOT_A_BLOCK, q);
    free(q);
    return fatal_missed();
}
