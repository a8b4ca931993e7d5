/* target.c: the replay firmware. Its command line, by semihosting:
 *
 *   replay TRACE COSTS PICTURE
 *
 * TRACE is a file of the host, COSTS one that gets a record of five bytes for each call: the
 * operation's letter and the instructions of the call, little-endian. PICTURE is 1 to draw the
 * heap at its fullest, which takes a second run of the trace.
 *
 * The last lines on the console are "result: name value", for bench/ scripts to read.
 *
 * SPDX-License-Identifier: MIT */
#include "meter.h"
#include "replay.h"
#include "semihosting.h"

#include <stdlib.h>
#include <string.h>

#ifndef SLOTS
#define SLOTS 1600 /* 8 bytes each */
#endif

extern char __heap_start[], __heap_limit[];
void *sbrk(ptrdiff_t increment);

static struct replay_slot slots[SLOTS];
static struct trace trace;

struct recorder {
    int file;
    size_t filled;
    char *highest;
    uint32_t highest_op;
    unsigned char records[500];
};
static struct recorder recorder;

static void put_number(uint32_t value)
{
    char text[11];
    char *p = text + sizeof text;
    *--p = '\0';
    do
        *--p = (char)('0' + value % 10u);
    while ((value /= 10u) != 0);
    semihosting_puts(p);
}

static void result(const char *name, uint32_t value)
{
    semihosting_puts("result: ");
    semihosting_puts(name);
    semihosting_puts(" ");
    put_number(value);
    semihosting_puts("\n");
}

static _Noreturn void fail(const char *what)
{
    semihosting_puts("replay: ");
    semihosting_puts(what);
    semihosting_puts("\n");
    semihosting_exit(1);
}

static size_t read_file(void *source, void *buffer, size_t size)
{
    return semihosting_read(*(int *)source, buffer, size);
}

static void flush(struct recorder *r)
{
    if (r->file >= 0 && semihosting_write(r->file, r->records, r->filled) != r->filled)
        fail("cannot write the record of costs");
    r->filled = 0;
}

static void record(void *context, uint32_t op, char kind, uint32_t cost)
{
    struct recorder *r = context;
    uint32_t instructions = meter_instructions(cost);
    if (r->filled == sizeof r->records)
        flush(r);
    unsigned char *p = r->records + r->filled;
    p[0] = (unsigned char)kind;
    for (int i = 0; i < 4; i++)
        p[1 + i] = (unsigned char)(instructions >> 8 * i);
    r->filled += 5;
    char *brk = sbrk(0);
    if (brk > r->highest) {
        r->highest = brk;
        r->highest_op = op;
    }
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

int main(void)
{
    static char line[256];
    char *words[4];
    semihosting_command_line(line, sizeof line);
    int n = split(line, words, 4);
    if (n < 3)
        fail("usage: replay TRACE COSTS");
    int file = semihosting_open(words[1], SEMIHOSTING_READ);
    if (file < 0)
        fail("cannot open the trace");
    recorder.file = semihosting_open(words[2], SEMIHOSTING_WRITE);
    recorder.highest = __heap_start;
    trace_open(&trace, read_file, &file);
    struct replay replay = {
        .trace = &trace,
        .slots = slots,
        .slot_count = SLOTS,
        .fill = true,
        .now = meter_now,
        .done = record,
        .context = &recorder,
    };
    meter_start();
    { extern uint32_t ticks_each, overhead; result("each", ticks_each); result("overhead", overhead); uint32_t a=meter_now(); __asm volatile(".rept 100\n nop\n .endr"); uint32_t b=meter_now(); result("nops", meter_instructions(b-a)); }
    free(malloc(1));
    replay_run(&replay, false);
    flush(&recorder);
    semihosting_close(recorder.file);
    semihosting_close(file);
    if (replay.error != NULL) {
        result("line", trace.line);
        fail(replay.error);
    }
    result("ops", replay.ops);
    result("failures", replay.failures);
    result("heap", (uint32_t)(__heap_limit - __heap_start));
    result("ram", (uint32_t)(recorder.highest - __heap_start));
    replay_clear(&replay);
    return 0;
}
