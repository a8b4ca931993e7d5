/* mallinfo.c: the heap's figures under the names that C libraries give them.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "port.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

/* Fill `stats` from the system heap; all zero before the first request. */
static void system_stats(struct cairn_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    uint32_t state = port_lock();
    if (cairn_system() != NULL)
        cairn_stats(cairn_system(), stats);
    port_unlock(state);
}

/* arena: bytes taken from the break; uordblks and fordblks: bytes used and free of them; keepcost:
 * not known in O(1), so 0, as are the fields about chunks that this heap does not have. */
struct mallinfo mallinfo(void)
{
    struct cairn_stats stats;
    system_stats(&stats);
    struct mallinfo info;
    memset(&info, 0, sizeof info);
    info.arena = stats.size;
    info.uordblks = stats.used;
    info.fordblks = stats.free;
    return info;
}

static char *put(char *to, const char *text)
{
    while (*text != '\0')
        *to++ = *text++;
    return to;
}

static char *put_number(char *to, size_t value)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + value % 10u);
    while ((value /= 10u) != 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

#if CAIRN_COUNTS
/* The counts as well, where they are kept. */
static void put_counts(void)
{
    struct cairn_counts counts;
    cairn_read_counts(&counts);
    char line[160];
    char *to = put(line, "calls: ");
    to = put(put_number(to, counts.live_blocks), " blocks live, ");
    to = put(put_number(to, counts.peak), " bytes used at most, ");
    to = put(put_number(to, counts.failures), " refused");
    if (counts.failures != 0) {
        to = put(to, ", the last of ");
        to = put(put_number(to, counts.last_failure.size), " bytes");
    }
    to = put(to, "\n");
    ssize_t written = write(STDERR_FILENO, line, (size_t)(to - line));
    (void)written;
}
#else
static void put_counts(void)
{
}
#endif

/* One line on standard error, or two, by write() alone: stdio allocates. */
void malloc_stats(void)
{
    struct cairn_stats stats;
    system_stats(&stats);
    char line[128];
    char *to = put(line, "heap: ");
    to = put(put_number(to, stats.used), " bytes used, ");
    to = put(put_number(to, stats.free), " free, ");
    to = put(put_number(to, stats.control), " control data, ");
    to = put(put_number(to, stats.can_grow), " to grow\n");
    ssize_t written = write(STDERR_FILENO, line, (size_t)(to - line));
    (void)written;
    put_counts();
}
