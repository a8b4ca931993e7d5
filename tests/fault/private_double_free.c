/* A block of a private heap that is freed twice.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"

static char memory[600];

int main(void)
{
    struct cairn_heap *heap = cairn_init(memory, sizeof memory);
    void *p = launder(cairn_malloc(heap, 40));
    void *above = launder(cairn_malloc(heap, 40));
    cairn_free(heap, p);
    expect_fatal("a private heap's block that is freed twice is caught", CAIRN_DOUBLE_FREE, p);
    cairn_free(heap, p);
    cairn_free(heap, above);
    return fatal_missed();
}
