/* walked.c: the live blocks of a trace after chosen operations, by bench/replay.c and cairn_walk(), for
 * tests/tools/view.py to compare with what cairn view shows.
 *
 *   walked TRACE START SIZE [OP]     a line for each live block: its first granule, counted from the
 *                                    control data's, and its granules; last the top, in granules
 *
 * Without OP it runs to the end. START and SIZE: see tools/heap_run.c.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "host_port.h"
#include "replay.h"

#include <stdio.h>

enum { SLOTS = 65536, ALIGNMENT = 1 << 20, MOST = 1 << 20 };

static struct replay_slot slots[SLOTS];
static char memory[MOST + 2 * ALIGNMENT];
static struct trace trace;

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    fprintf(stderr, "walked: %s: %p\n", cairn_reason_text(reason), address);
    _Exit(1);
}

static size_t read_file(void *source, void *buffer, size_t size)
{
    return fread(buffer, 1, size, source);
}

static uint32_t no_clock(void)
{
    return 0;
}

static bool print(void *context, void *block, size_t size, enum cairn_kind kind)
{
    if (kind == CAIRN_USED)
        printf("%zu\t%zu\n", (size_t)((char *)block - (char *)context) / CAIRN_GRANULE, size / CAIRN_GRANULE);
    return true;
}

int main(int count, char **words)
{
    FILE *file = count >= 4 ? fopen(words[1], "rb") : NULL;
    if (file == NULL)
        return 2;
    uintptr_t aligned = ((uintptr_t)memory + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    host_heap_start = (char *)aligned + strtoul(words[2], NULL, 0) % ALIGNMENT;
    host_heap_limit = host_heap_start + strtoul(words[3], NULL, 0);
    trace_open(&trace, read_file, file);
    struct replay replay = {.trace = &trace, .slots = slots, .slot_count = SLOTS, .fill = true, .now = no_clock};
    if (count > 4)
        replay.stop_after = (uint32_t)strtoul(words[4], NULL, 0) - 1; /* it stops one later */
    replay_run(&replay);
    if (replay.error != NULL || cairn_check(cairn_system(), NULL) != 0) {
        fprintf(stderr, "walked: %s\n", replay.error != NULL ? replay.error : "the heap is not sound");
        return 1;
    }
    char *start = (char *)(((uintptr_t)host_heap_start + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE);
    cairn_walk(cairn_system(), print, start);
    printf("%zu\n", (size_t)((char *)sbrk(0) - start) / CAIRN_GRANULE);
    return 0;
}
