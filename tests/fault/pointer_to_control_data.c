/* The address of the heap itself.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    void *p = launder(malloc(8));
    void *q = launder(cairn_system());
    expect_fatal("a pointer to the control data is caught", CAIRN_NOT_A_BLOCK, q);
    free(q);
    free(p);
    return fatal_missed();
}
