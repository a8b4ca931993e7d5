/* What a firmware under test prints of its heap. Addresses are code: arm-none-eabi-addr2line
 * finds the lines.
 *
 * Nothing here allocates: it builds each line on the stack, and writes it without stdio.
 *
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
    char line[120];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length > 0)
        (void)!write(STDOUT_FILENO, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

#if CAIRN_SITES > 0
void report_sites(const char *when)
{
    struct cairn_site site;
    say("%s\n", when);
    for (uint32_t n = 0; cairn_read_site(n, &site); n++)
        if (site.blocks != 0) {
            say("  %u bytes in %u blocks, at most %u, from %p", (unsigned)site.bytes, (unsigned)site.blocks,
                (unsigned)site.peak, site.caller);
#if CAIRN_SITES_STACK > 0
            for (unsigned i = 0; i < CAIRN_SITES_STACK && site.calls[i] != NULL; i++)
                say(" < %p", site.calls[i]);
#endif
            say("\n");
        }
}
#endif

#if CAIRN_COUNTS
void cairn_on_failure(const struct cairn_request *request, size_t largest_free)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    say("refused: %u bytes for %p; %u are free, %u of them in one piece\n", (unsigned)request->size, request->caller,
        (unsigned)(stats.free + stats.can_grow), (unsigned)largest_free);
}
#endif

#if CAIRN_CHECK == 2
static void say_block(const char *what, const struct cairn_block *block)
{
    if (block->start != NULL)
        say("%s: %p, %s, %u bytes, from %p\n", what, block->start, block->live ? "live" : "free", (unsigned)block->size,
            block->owner);
}

void cairn_fatal(enum cairn_reason reason, const void *address)
{
    struct cairn_report report;
    cairn_explain(reason, address, &report);
    say("stopped: %s, at %p\n", cairn_reason_text(reason), address);
    say_block("damaged", &report.damaged);
    if (report.freed_by != NULL)
        say("freed by: %p\n", report.freed_by);
    say_block("suspect", &report.suspect);
    say_block("or", &report.other);
    _Exit(1);
}
#endif
