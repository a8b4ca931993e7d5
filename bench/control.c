/* control.c: bytes of control data of heaps of all sizes that a 16-bit index reaches. On the host, with the target's
 * layout.
 *
 *   control     prints, tab-separated: bytes of the heap and of its control data, for two sizes; and `more`, what all
 *               heaps have at most above 1/32 of their bytes
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 0x10000 * CAIRN_GRANULE };

static _Alignas(CAIRN_GRANULE) char memory[MOST];

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    fprintf(stderr, "control: %s: %p\n", cairn_reason_text(reason), address);
    _Exit(1);
}

/* 0 if a heap needs more bytes than these. */
static size_t control_data(size_t size)
{
    struct cairn_heap *heap = cairn_init(memory, size);
    if (heap == NULL)
        return 0;
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    return stats.control;
}

int main(void)
{
    size_t most = 0; /* of the bytes above 1/32, times 32 */
    for (size_t size = 0; size <= MOST; size += CAIRN_GRANULE) {
        size_t control = control_data(size);
        if (32 * control > size && 32 * control - size > most)
            most = 32 * control - size;
    }
    printf("4096\t%zu\n", control_data(4096));
    printf("65536\t%zu\n", control_data(65536));
    printf("more\t%zu\n", (most + 31) / 32);
    return 0;
}
