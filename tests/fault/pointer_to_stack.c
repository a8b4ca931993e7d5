/* The address of a local variable.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

int main(void)
{
    char local[16] = "";
    void *p = launder(malloc(8));
    char *q = launder(local);
    q += -(uintptr_t)q % CAIRN_GRANULE;
    expect_fatal("a pointer to the stack is caught", CAIRN_NOT_A_BLOCK, q);
    free(q);
    free(p);
    return fatal_missed();
}
