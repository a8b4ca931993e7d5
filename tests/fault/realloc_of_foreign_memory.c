/* realloc() of memory from sbrk() between two blocks of the heap.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(8));
    char *q = sbrk(64);
    void *above = launder(malloc(8));
    q += -(uintptr_t)q % CAIRN_GRANULE;
    expect_fatal("realloc of memory from sbrk() is caught", CAIRN_NOT_A_BLOCK, q);
    q = launder(realloc(q, 8));
    free(p);
    free(above);
    return fatal_missed();
}
