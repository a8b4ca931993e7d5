/* figures.c: the heap's figures under glibc's names.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include "line.h"
#include "port.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* All zero before the first request. */
static void system_stats(struct cairn_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    uint32_t state = port_lock();
    if (cairn_system() != NULL)
        cairn_stats(cairn_system(), stats);
    port_unlock(state);
}

/* arena: bytes from the control data to the top; uordblks and fordblks: bytes used and free of them. The
 * other fields are about what this heap does not have, or would have to count. */
__attribute__((visibility("default"))) struct mallinfo2 mallinfo2(void)
{
    struct cairn_stats stats;
    system_stats(&stats);
    struct mallinfo2 info;
    memset(&info, 0, sizeof info);
    info.arena = stats.size;
    info.uordblks = stats.used;
    info.fordblks = stats.free;
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
    return info;
}

__attribute__((visibility("default"))) void malloc_stats(void)
{
    struct cairn_stats stats;
    system_stats(&stats);
    struct line line = {0};
    line_add(&line, "heap: ");
    line_add_number(&line, stats.used, 10);
    line_add(&line, " bytes used, ");
    line_add_number(&line, stats.free, 10);
    line_add(&line, " free, ");
    line_add_number(&line, stats.control, 10);
    line_add(&line, " control data, ");
    line_add_number(&line, stats.can_grow, 10);
    line_add(&line, " to grow\n");
    line_write(&line);
}

/* glibc's form, as far as this heap has its parts. */
__attribute__((visibility("default"))) int malloc_info(int options, FILE *stream)
{
    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    struct cairn_stats stats;
    system_stats(&stats);
    fprintf(stream,
            "<malloc version=\"1\">\n<heap nr=\"0\">\n<system type=\"current\" size=\"%zu\"/>\n</heap>\n"
            "<total type=\"rest\" count=\"0\" size=\"%zu\"/>\n<system type=\"current\" size=\"%zu\"/>\n</malloc>\n",
            stats.size, stats.free, stats.size);
    return 0;
}
