/* A board with a second RAM behind a memory controller: small blocks come from the fast RAM, large
 * ones from the other, and a buffer that a DMA controller fills shares no cache line with other data.
 * Link a library that was built with -DCAIRN_REGIONS=1.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <stdio.h>
#include <stdlib.h>

extern char __psram_start[]; /* memory.ld */

enum { LINE_WIDTH = 320, LINES = 240, PACKET = 60 };

static void say(const char *what, uint32_t n)
{
    struct cairn_stats stats;
    cairn_stats(n == 0 ? cairn_system() : cairn_region(n - 1, NULL), &stats);
    printf("%s: %u bytes used, %u could follow\n", what, (unsigned)stats.used, (unsigned)stats.can_grow);
}

int main(void)
{
    enum cairn_region_error error = cairn_add_region(__psram_start, 512 * 1024, CAIRN_EXTERNAL | CAIRN_ON_REQUEST);
    if (error != CAIRN_REGION_ADDED) {
        printf("no external RAM: %s\n", cairn_region_text(error));
        return 1;
    }
    unsigned short *frame = cairn_malloc_in(CAIRN_EXTERNAL, LINE_WIDTH * LINES * sizeof *frame);
    char *packet = cairn_dma_alloc(PACKET);
    char *name = malloc(20);
    if (frame == NULL || packet == NULL || name == NULL)
        return 1;
    printf("the packet's %d bytes start on a cache line: %s\n", PACKET,
           (uintptr_t)packet % CAIRN_CACHE_LINE == 0 ? "yes" : "no");
    say("external RAM", 1);
    free(name);
    free(packet);
    free(frame); /* one free() for all of them */
    say("external RAM", 1);
    return 0;
}
