/* The unaligned start of the memory that an aligned block was cut from.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *odd = launder(malloc(8));
    char *p = launder(memalign(256, 40));
    expect_fatal("a pointer below an aligned block is caught", CAIRN_DOUBLE_FREE, p - CAIRN_GRANULE);
    free(p - CAIRN_GRANULE);
    free(odd);
    return fatal_missed();
}
