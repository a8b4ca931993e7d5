/* system.c: the system heap to explore, with the break that others move. Here the names of the malloc
 * family are the heap's, not the host's (port/host/prefix.h).
 *
 * SPDX-License-Identifier: MIT */
#include "prefix.h"

#include "subject.h"

#include "host_port.h"
#include "system/names.h"
#include "system/system.h"

#include <errno.h>
#include <string.h>

#define STATE cairn_system_state

static struct cairn_heap *begin(uint8_t *memory, size_t size, size_t spare)
{
    memset(&STATE, 0, sizeof STATE);
    host_heap_start = (char *)memory;
    host_heap_limit = (char *)memory + size + spare;
    free(malloc(1));
    return cairn_system();
}

/* There is a block of the others as long as its start and its end differ. */
static void put_others(uint8_t *start, uint8_t *end, uint8_t *brk)
{
    STATE.reserved = (link_t)heap_granule_index(STATE.heap, start);
    STATE.reserved_top = (link_t)heap_granule_index(STATE.heap, end);
    STATE.brk = (char *)brk;
}

static void get_others(uint8_t **start, uint8_t **end, uint8_t **brk)
{
    bool exists = STATE.reserved != STATE.reserved_top;
    *start = exists ? heap_pointer(STATE.heap, STATE.reserved) : NULL;
    *end = exists ? heap_pointer(STATE.heap, STATE.reserved_top) : NULL;
    *brk = exists ? (uint8_t *)STATE.brk : NULL;
}

static void before(void)
{
    host_lock_depth = 0;
    errno = 0;
}

static const char *after(bool refused)
{
    if (host_lock_depth != 0)
        return "the lock is still held";
    return refused && errno != ENOMEM ? "errno is not ENOMEM" : NULL;
}

const struct subject system_heap = {
    .begin = begin,
    .take = malloc,
    .take_cleared = calloc,
    .take_aligned = memalign,
    .resize = realloc,
    .release = free,
    .usable = malloc_usable_size,
    .move_break = sbrk,
    .outside = &STATE,
    .outside_size = sizeof STATE,
    .put_others = put_others,
    .get_others = get_others,
    .before = before,
    .after = after,
};
