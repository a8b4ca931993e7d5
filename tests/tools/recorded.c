/* recorded.c: a firmware that records its trace: a sensor node that takes messages from an interrupt,
 * parses them, keeps some, draws a screen and writes a log. Sizes are mixed, some blocks are aligned,
 * some resized, some requests refused.
 *
 * At its end it writes two files in the emulator's directory, for tests/tools/trace.py to compare with a
 * replay: heap.bin, the heap's control data, and ram.bin, the RAM up to the heap. It prints the highest
 * top, in bytes from the heap's start. Given an argument, it lets interrupts into realloc().
 *
 * SPDX-License-Identifier: MIT */
#include "../target/systick.h"

#include "blocks.h"
#include "port.h"
#include "semihosting.h"

#include <string.h>

extern char __data_start[], __heap_start[];
void systick_handler(void);
_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address);

enum { ROUNDS = 700, WAITING = 6, KEPT = 24, NODES = 12, LINES = 10 };

struct message {
    uint16_t size;
    char bytes[];
};

static struct message *volatile waiting[WAITING];
static uint32_t messages_lost;

static struct {
    void *kept[KEPT], *nodes[NODES], *lines[LINES];
    char *log;
    size_t log_size;
    void *frame;
} node;

static char *highest;
static bool let_in; /* interrupts into realloc() */

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    (void)address;
    semihosting_puts("error: ");
    semihosting_puts(cairn_reason_text(reason));
    semihosting_puts("\n");
    semihosting_exit(1);
}

/* xorshift32 (Marsaglia 2003), for main and for the handler. */
static uint32_t next(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static uint32_t seed = 1;

static size_t between(size_t least, size_t most)
{
    return least + next(&seed) % (most - least + 1);
}

/* A new block at the top is still there: the top cannot have been lowered below it in between. */
static void note_top(void)
{
    uint32_t state = port_lock();
    char *top = sbrk(0);
    if (top > highest)
        highest = top;
    port_unlock(state);
}

/* ---- The interrupt: messages ---------------------------------------------------------------- */

static void receive(void)
{
    static uint32_t random = 2;
    static unsigned at;
    uint32_t size = 8 + next(&random) % 120;
    at = (at + 1) % WAITING;
    if (waiting[at] != NULL) { /* main is late: the oldest one is dropped */
        free(waiting[at]);
        messages_lost++;
    }
    waiting[at] = launder(malloc(sizeof(struct message) + size));
    if (waiting[at] != NULL)
        waiting[at]->size = (uint16_t)size;
    note_top();
}

void systick_handler(void)
{
    receive();
}

/* ---- Main ----------------------------------------------------------------------------------- */

static void *keep(void *old, void *block)
{
    free(old);
    note_top();
    return launder(block);
}

static struct message *take_message(void)
{
    for (unsigned i = 0; i < WAITING; i++) {
        uint32_t state = port_lock();
        struct message *message = waiting[i];
        waiting[i] = NULL;
        port_unlock(state);
        if (message != NULL)
            return message;
    }
    return NULL;
}

static void parse(const struct message *message)
{
    unsigned i = message->size % NODES;
    free(node.nodes[i]);
    node.nodes[i] = launder(calloc(1 + message->size % 5u, 12));
    note_top();
    unsigned k = (unsigned)between(0, KEPT - 1);
    node.kept[k] = keep(node.kept[k], malloc(message->size % 64u));
}

static void write_log(const char *text)
{
    size_t length = strlen(text) + between(1, 40);
    uint32_t state = let_in ? 0 : port_lock();
    char *log = launder(realloc(node.log, node.log_size > 900 ? length : node.log_size + length));
    if (log != NULL) {
        node.log_size = node.log_size > 900 ? length : node.log_size + length;
        node.log = log;
    }
    if (!let_in)
        port_unlock(state);
    note_top();
}

static void draw_frame(void)
{
    for (unsigned i = 0; i < LINES; i++) {
        size_t width = between(4, 160);
        node.lines[i] = keep(node.lines[i], malloc(width));
    }
    node.frame = keep(node.frame, memalign((size_t)16 << between(0, 3), between(100, 700)));
}

/* Under the lock: what an interrupt frees in between would make room. */
static void ask_for_too_much(void)
{
    uint32_t state = port_lock();
    size_t size = room() + 4000;
    bool refused = launder(malloc(size)) == NULL && launder(memalign(64, size)) == NULL;
    refused = launder(realloc(node.frame, size)) == NULL && refused;
    port_unlock(state);
    if (!refused)
        semihosting_puts("error: more than the heap was given\n");
}

/* ---- What the host compares ----------------------------------------------------------------- */

static void write_file(const char *name, const void *from, size_t size)
{
    int file = semihosting_open(name, SEMIHOSTING_WRITE);
    if (file < 0 || semihosting_write(file, from, size) != size) {
        semihosting_puts("error: a file cannot be written\n");
        semihosting_exit(1);
    }
    semihosting_close(file);
}

static void print_number(const char *name, uint32_t value)
{
    char digits[] = "0000000000\n";
    for (unsigned i = 10; i-- > 0; value /= 10)
        digits[i] = (char)('0' + value % 10);
    semihosting_puts(name);
    semihosting_puts(digits);
}

static void write_heap(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    uintptr_t start = ((uintptr_t)__heap_start + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE;
    write_file("heap.bin", (void *)start, stats.control);
    write_file("ram.bin", __data_start, (size_t)(__heap_start - __data_start));
    print_number("highest ", (uint32_t)(highest - __heap_start));
    print_number("lost ", messages_lost);
}

int main(void)
{
    char line[128];
    semihosting_command_line(line, sizeof line);
    let_in = strchr(line, ' ') != NULL;
    highest = __heap_start;
    write_log("start");
    systick_start(20000, 9000);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct message *message = take_message();
        if (message != NULL) {
            parse(message);
            free(message);
        }
        if (round % 3 == 0)
            write_log("round");
        if (round % 20 == 7)
            draw_frame();
        if (round % 300 == 200)
            ask_for_too_much();
    }
    systick_stop();
    write_heap();
    return 0;
}
