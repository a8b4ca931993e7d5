/* A pointer that is freed when there is no heap yet.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static _Alignas(16) char data[16] = "data";

int main(void)
{
    void *q = launder(data);
    expect_fatal("a pointer freed before the first request is caught", CAIRN_NOT_A_BLOCK, q);
    free(q);
    return fatal_missed();
}
