/* The bytes before a block are overwritten, and found when the free block there is taken.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

#include <string.h>

int main(void)
{
    char *p = launder(malloc(96));
    char *q = launder(malloc(40));
    free(p);
    memset(q - 2, 0x55, 2);
    expect_fatal("an underrun is found when the free block below is taken", CAIRN_CORRUPT_SIZE, p);
    p = launder(malloc(96));
    free(q);
    return fatal_missed();
}
