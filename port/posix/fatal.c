/* fatal.c: what a process does at a misuse of the heap: one line on standard error, and abort(), so that a
 * debugger or a core dump shows who called.
 *
 *     cairn: this block is already free: 0x7f3c52a41650, in a free block of 48 bytes at 0x7f3c52a41650
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include "line.h"

#include <stdlib.h>

struct search {
    const char *address;
    struct line *line;
};

/* Says which block the address lies in. */
static bool tell(void *context, void *block, size_t size, enum cairn_kind kind)
{
    static const char *const kinds[] = {
        [CAIRN_USED] = ", in a used block of ",
        [CAIRN_FREE] = ", in a free block of ",
        [CAIRN_RESERVED] = ", in a reserved block of ",
    };
    const struct search *search = context;
    if ((uintptr_t)search->address - (uintptr_t)block >= size)
        return true;
    line_add(search->line, kinds[kind]);
    line_add_number(search->line, size, 10);
    line_add(search->line, " bytes at 0x");
    line_add_number(search->line, (uintptr_t)block, 16);
    return false;
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    struct line line = {0};
    line_add(&line, "cairn: ");
    line_add(&line, cairn_reason_text(reason));
    line_add(&line, ": 0x");
    line_add_number(&line, (uintptr_t)address, 16);
    struct search search = {address, &line};
    /* By the map alone: no block has to be as it should. */
    if (cairn_system() == NULL || cairn_walk(cairn_system(), tell, &search))
        line_add(&line, ", in no block");
    line_add(&line, "\n");
    line_write(&line);
    abort();
}
