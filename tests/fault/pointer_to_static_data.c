/* The address of a static variable, below the heap.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(16) char data[16] = "data";

int main(void)
{
    void *p = launder(malloc(8));
    void *q = launder(data);
    expect_fatal("a pointer to static data is caught", CAIRN_NOT_A_BLOCK, q);
    free(q);
    free(p);
    return fatal_missed();
}
