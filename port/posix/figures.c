/* figures.c: the heap's figures under glibc's names.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include "arena.h"
#include "line.h"
#include "mapped.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* Of all arenas, and of the large blocks. An arena that fork() has frozen is left out. */
struct figures {
    struct cairn_stats arenas;
    size_t mappings, mapped;
};

static void add(struct cairn_stats *sum, const struct cairn_stats *stats)
{
    sum->size += stats->size;
    sum->control += stats->control;
    sum->used += stats->used;
    sum->free += stats->free;
}

static void sum_up(struct figures *figures)
{
    memset(figures, 0, sizeof *figures);
    mapped_count(&figures->mappings, &figures->mapped);
    for (size_t i = 0; i < CAIRN_POSIX_ARENAS; i++) {
        struct arena *arena = &arena_all[i];
        struct cairn_stats stats;
        enum lock_state state = arena_has_begun(arena) ? lock_enter(&arena->lock) : LOCK_REFUSED;
        if (state == LOCK_REFUSED)
            continue;
        cairn_stats(arena->heap, &stats);
        lock_leave(&arena->lock, state);
        add(&figures->arenas, &stats);
    }
}

/* arena: bytes of the arenas, with their control data; uordblks and fordblks: bytes used and free of them; hblks and
 * hblkhd: large blocks, and their bytes. The other fields are about what this heap does not have, or would have to
 * count. */
__attribute__((visibility("default"))) struct mallinfo2 mallinfo2(void)
{
    struct figures figures;
    sum_up(&figures);
    struct mallinfo2 info;
    memset(&info, 0, sizeof info);
    info.arena = figures.arenas.size;
    info.uordblks = figures.arenas.used;
    info.fordblks = figures.arenas.free;
    info.hblks = figures.mappings;
    info.hblkhd = figures.mapped;
    return info;
}

static int as_int(size_t value)
{
    return value > INT_MAX ? INT_MAX : (int)value;
}

/* What an int does not hold is INT_MAX. */
__attribute__((visibility("default"))) struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info;
    memset(&info, 0, sizeof info);
    info.arena = as_int(wide.arena);
    info.uordblks = as_int(wide.uordblks);
    info.fordblks = as_int(wide.fordblks);
    info.hblks = as_int(wide.hblks);
    info.hblkhd = as_int(wide.hblkhd);
    return info;
}

__attribute__((visibility("default"))) void malloc_stats(void)
{
    struct figures figures;
    sum_up(&figures);
    struct line line = {0};
    line_add(&line, "heap: ");
    line_add_number(&line, figures.arenas.used, 10);
    line_add(&line, " bytes used, ");
    line_add_number(&line, figures.arenas.free, 10);
    line_add(&line, " free, ");
    line_add_number(&line, figures.arenas.control, 10);
    line_add(&line, " control data; ");
    line_add_number(&line, figures.mapped, 10);
    line_add(&line, " in ");
    line_add_number(&line, figures.mappings, 10);
    line_add(&line, " mappings\n");
    line_write(&line);
}

/* glibc's form, as far as this heap has its parts. */
__attribute__((visibility("default"))) int malloc_info(int options, FILE *stream)
{
    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    struct figures figures;
    sum_up(&figures);
    size_t size = figures.arenas.size + figures.mapped;
    fprintf(stream,
            "<malloc version=\"1\">\n<total type=\"rest\" count=\"0\" size=\"%zu\"/>\n"
            "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n<system type=\"current\" size=\"%zu\"/>\n</malloc>\n",
            figures.arenas.free, figures.mappings, figures.mapped, size);
    return 0;
}
