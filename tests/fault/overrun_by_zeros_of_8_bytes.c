/* The first 8 bytes of a free block become 0x00.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

#include <string.h>

int main(void)
{
    char *p = launder(malloc(40));
    char *q = launder(malloc(96));
    void *above = launder(malloc(8));
    free(q);
    memset(q, 0x00, 8);
    expect_fatal("8 bytes of 0x00 in a free block are found", CAIRN_CORRUPT_SIZE, q);
    free(p);
    free(above);
    return fatal_missed();
}
