/* target.c: the replay firmware. Its command line, by semihosting:
 *
 *   replay TRACE COSTS         run the trace; write what each call cost to the file COSTS
 *   replay TRACE picture OP    run it up to operation OP, and draw the heap (Cairn only)
 *
 * COSTS gets a record of five bytes for each call: the operation's letter, and its instructions,
 * little-endian. Lines "result: name value" on the console are for bench/replay.py to read.
 *
 * SPDX-License-Identifier: MIT */
#include "meter.h"
#include "replay.h"
#include "result.h"
#include "semihosting.h"
#include "stack_paint.h"

#ifdef CAIRN
#include "cairn.h"
#endif

#include <stdlib.h>
#include <string.h>

/* Blocks that a trace may have at a time; 8 bytes each. */
#ifndef SLOTS
#define SLOTS 4096
#endif

extern char __heap_start[], __heap_limit[];
void *sbrk(ptrdiff_t increment);

static struct replay_slot slots[SLOTS];
static struct trace trace;

static struct {
    int file;
    size_t filled;
    char *highest; /* the break at its highest, and after which operation */
    uint32_t highest_op;
    unsigned char records[500];
} recorder;

/* ---- Console -------------------------------------------------------------------------------- */

static _Noreturn void fail(const char *what)
{
    semihosting_puts("error: ");
    semihosting_puts(what);
    semihosting_puts("\n");
    semihosting_exit(1);
}

#ifdef CAIRN
_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    result("address", (uint32_t)(uintptr_t)address);
    fail(cairn_reason_text(reason));
}
#endif

/* ---- Records -------------------------------------------------------------------------------- */

static void flush(void)
{
    if (semihosting_write(recorder.file, recorder.records, recorder.filled) != recorder.filled)
        fail("cannot write the record of costs");
    recorder.filled = 0;
}

static void put_record(char kind, uint32_t instructions)
{
    if (recorder.filled == sizeof recorder.records)
        flush();
    unsigned char *p = recorder.records + recorder.filled;
    p[0] = (unsigned char)kind;
    for (int i = 0; i < 4; i++)
        p[1 + i] = (unsigned char)(instructions >> 8 * i);
    recorder.filled += 5;
}

static void record(void *context, uint32_t op, char kind, uint32_t cost)
{
    (void)context;
    put_record(kind, meter_instructions(cost));
    char *brk = sbrk(0);
    if (brk > recorder.highest) {
        recorder.highest = brk;
        recorder.highest_op = op;
    }
}

/* The first call starts the heap, and clears its map: a record of its own. */
static void record_start(void)
{
    uint32_t start = meter_now();
    void *volatile p = malloc(1);
    put_record('s', meter_instructions(meter_now() - start));
    free(p);
}

/* ---- The picture ---------------------------------------------------------------------------- */

#ifdef CAIRN
static uint32_t to_number(const char *text)
{
    uint32_t value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10u + (uint32_t)(*text++ - '0');
    return value;
}

enum { COLUMNS = 64, ROWS = 16 };

/* One row at a time, so that a small board has the RAM for it. */
struct row {
    const char *start;
    size_t cell;                          /* bytes for each sign */
    size_t used[COLUMNS], total[COLUMNS]; /* bytes in used blocks, and in any */
};

static bool shade(void *context, void *block, size_t size, enum cairn_kind kind)
{
    struct row *row = context;
    const char *from = block;
    const char *end = from + size;
    const char *row_end = row->start + COLUMNS * row->cell;
    if (from < row->start)
        from = row->start;
    if (end > row_end)
        end = row_end;
    while (from < end) {
        size_t column = (size_t)(from - row->start) / row->cell;
        const char *next = row->start + (column + 1) * row->cell;
        size_t part = (size_t)((next < end ? next : end) - from);
        row->total[column] += part;
        row->used[column] += kind == CAIRN_FREE ? 0 : part;
        from += part;
    }
    return true;
}

static char sign(const struct row *row, size_t column)
{
    size_t total = row->total[column];
    size_t used = row->used[column];
    if (total * 2 < row->cell)
        return 'c'; /* control data: no block is there */
    return used == 0 ? '.' : used == total ? '#' : used * 2 >= total ? '+' : '-';
}

static void draw(void)
{
    const char *end = sbrk(0);
    size_t cell = ((size_t)(end - __heap_start) + ROWS * COLUMNS - 1) / (ROWS * COLUMNS);
    for (const char *start = __heap_start; start < end; start += COLUMNS * cell) {
        struct row row = {.start = start, .cell = cell};
        char line[COLUMNS + 2] = {0};
        cairn_walk(cairn_system(), shade, &row);
        for (size_t i = 0; i < COLUMNS && start + i * cell < end; i++)
            line[i] = sign(&row, i);
        semihosting_puts(line);
        semihosting_puts("\n");
    }
    result("cell", (uint32_t)cell);
}
#endif

/* ---- The program ---------------------------------------------------------------------------- */

static size_t read_file(void *source, void *buffer, size_t size)
{
    return semihosting_read(*(int *)source, buffer, size);
}

/* The words of the command line, in place. Returns how many there are. */
static int split(char *line, char **words, int most)
{
    int n = 0;
    for (char *p = line; *p != '\0' && n < most;) {
        while (*p == ' ')
            *p++ = '\0';
        if (*p != '\0')
            words[n++] = p;
        while (*p != ' ' && *p != '\0')
            p++;
    }
    return n;
}

static void run(struct replay *replay)
{
    replay_run(replay);
    if (replay->error != NULL) {
        result("line", trace.line);
        fail(replay->error);
    }
}

/* Before main(), whose own stack counts as well. */
__attribute__((constructor)) static void paint_stack(void)
{
    stack_paint(stack_range_main());
}

/* Not inline: the code of main(), which takes readings, does not depend on it. */
__attribute__((noinline)) static uint32_t deepest_stack(void)
{
    return (uint32_t)stack_use(stack_range_main()).deepest;
}

int main(void)
{
    static char line[256];
    char *words[4];
    semihosting_command_line(line, sizeof line);
    int n = split(line, words, 4);
    if (n < 3)
        fail("usage: replay TRACE COSTS | replay TRACE picture OP");
    int file = semihosting_open(words[1], SEMIHOSTING_READ);
    if (file < 0)
        fail("cannot open the trace");
    trace_open(&trace, read_file, &file);
    struct replay replay = {.trace = &trace, .slots = slots, .slot_count = SLOTS, .fill = true, .now = meter_now};
    meter_start();
#ifdef CAIRN
    if (n == 4) {
        replay.stop_after = to_number(words[3]);
        run(&replay);
        draw();
        return 0;
    }
#endif
    recorder.file = semihosting_open(words[2], SEMIHOSTING_WRITE);
    if (recorder.file < 0)
        fail("cannot open the record of costs");
    recorder.highest = __heap_start;
    replay.done = record;
    record_start();
    run(&replay);
    flush();
    semihosting_close(recorder.file);
    result("ops", replay.ops);
    result("failures", replay.failures);
    result("ram", (uint32_t)(recorder.highest - __heap_start));
    result("highest", recorder.highest_op);
    result("stack", deepest_stack());
    replay_clear(&replay);
    return 0;
}
