/* cairn_realloc() of a block that was freed.
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
    expect_fatal("a private heap's realloc of a freed block is caught", CAIRN_DOUBLE_FREE, p);
    p = launder(cairn_realloc(heap, p, 60));
    cairn_free(heap, above);
    return fatal_missed();
}
