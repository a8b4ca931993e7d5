/* fatal.c: what a process does at a misuse of the heap: one line on standard error, and abort(), so that a
 * debugger or a core dump shows who called.
 *
 *     cairn: this block is already free: 0x7f3c52a41650, in a free block of 48 bytes at 0x7f3c52a41650
 *
 * SPDX-License-Identifier: MIT */
#include "arena.h"
#include "line.h"
#include "mapped.h"

#include <stdlib.h>

static void say_block(struct line *line, const char *kind, size_t size, uintptr_t start)
{
    line_add(line, kind);
    line_add_number(line, size, 10);
    line_add(line, " bytes at 0x");
    line_add_number(line, start, 16);
}

struct search {
    const char *address;
    struct line *line;
};

/* Says which block the address lies in. */
static bool look_at(void *context, void *block, size_t size, enum cairn_kind kind)
{
    static const char *const kinds[] = {
        [CAIRN_USED] = ", in a used block of ",
        [CAIRN_FREE] = ", in a free block of ",
        [CAIRN_RESERVED] = ", in a reserved block of ",
    };
    const struct search *search = context;
    if ((uintptr_t)search->address - (uintptr_t)block >= size)
        return true;
    say_block(search->line, kinds[kind], size, (uintptr_t)block);
    return false;
}

/* By the map, or the table, alone: no block has to be as it should. False if the address is in no block. */
static bool say_where(struct line *line, const void *address)
{
    uintptr_t start;
    size_t size;
    struct search search = {address, line};
    struct arena *arena = arena_of(address);
    if (arena != NULL && arena_has_begun(arena)) {
        if (arena->limit != 0)
            arena_unfence(arena);
        return !cairn_walk(arena->heap, look_at, &search);
    }
    if (!mapped_find(address, &start, &size))
        return false;
    say_block(line, ", in a used block of ", size, start);
    return true;
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    struct line line = {0};
    line_add(&line, "cairn: ");
    line_add(&line, cairn_reason_text(reason));
    line_add(&line, ": 0x");
    line_add_number(&line, (uintptr_t)address, 16);
    if (!say_where(&line, address))
        line_add(&line, ", in no block");
    line_add(&line, "\n");
    line_write(&line);
    lock_never_wait(); /* a handler of SIGABRT may allocate */
    abort();
}
