/* The first 16 bytes of a free block become 0xaa.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

#include <string.h>

int main(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(16));
    void *above = launder(malloc(8));
    free(q);
    memset(q, 0xaa, 16);
    expect_fatal("16 bytes of 0xaa in a small free block are found", CAIRN_CORRUPT_SIZE, q);
    p = launder(malloc(16));
    free(above);
    return fatal_missed();
}
