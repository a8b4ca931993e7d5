/* A pointer to the start of a region, where its descriptor is.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(64) char memory[512];

int main(void)
{
    if (cairn_add_region(memory, sizeof memory, 0) != CAIRN_REGION_ADDED)
        return 1;
    expect_fatal("freeing the start of a region is caught", CAIRN_NOT_A_BLOCK, memory);
    free(memory);
    return fatal_missed();
}
