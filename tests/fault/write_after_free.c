/* A freed block is written to, past its links.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

#include <string.h>

int main(void)
{
    char *p = launder(malloc(64));
    void *above = launder(malloc(8));
    free(p);
    memset(p + CAIRN_INDEX_BITS / 4, 'x', 64 - CAIRN_INDEX_BITS / 4);
    expect_fatal("a write into a freed block is found when it is taken", CAIRN_CORRUPT_SIZE, p);
    p = launder(malloc(64));
    free(above);
    return fatal_missed();
}
