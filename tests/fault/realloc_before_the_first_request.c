/* realloc() of a pointer when there is no heap yet.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(16) char data[16] = "data";

int main(void)
{
    void *q = launder(data);
    expect_fatal("realloc of a pointer before the first request is caught", CAIRN_NOT_A_BLOCK, q);
    q = launder(realloc(q, 40));
    return fatal_missed();
}
