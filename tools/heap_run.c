/* heap_run.c: runs a trace in the heap itself, on the host, laid out as on the target.
 *
 *   heap_run sizes TRACE START SIZE...    first a line with the bytes of static state beside the heap; then
 *                                         one for each SIZE: it, requests refused, the first of them (its
 *                                         number, from 1; 0: none), bytes up to the highest top
 *   heap_run blocks TRACE START SIZE      a line for the heap: bytes in a granule, granules of control
 *                                         data, of all; then one for each operation: the granule that its
 *                                         block begins at (-1: none), the top, granules of the largest
 *                                         block that could be had, 0 (1: refused, 2: its block was), granules
 *                                         of the largest free block below the top
 *   heap_run control TRACE START SIZE     the control data after the last operation, as it is in memory
 *   heap_run memory TRACE START SIZE      the whole region then
 *
 * START is the address that the heap's region has on the target, SIZE its bytes. The region here begins as
 * far past a multiple of 1 MiB, so that an aligned block finds the same gaps. Granules are counted from
 * the first one of the control data.
 *
 * SPDX-License-Identifier: MIT */
#include "host_port.h"
#include "system/system.h"
#include "trace.h"
#include "watch/watch.h"

#include <stdio.h>
#include <string.h>

enum { SLOTS = 65536, ALIGNMENT = 1 << 20, MOST = 64 << 20 };

static struct slot {
    void *block;
    bool refused;
} slots[SLOTS];

/* A run, and what it has come to. */
struct run {
    const char *name;
    FILE *file;
    char *region;
    uint32_t number, refused, first_refused;
    size_t highest; /* bytes from the region's start to the highest top */
};

static _Noreturn void fail(const char *name, uint32_t line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", name, line, what);
    _Exit(1);
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    fprintf(stderr, "heap_run: %s: %p\n", cairn_reason_text(reason), address);
    _Exit(1);
}

static size_t read_file(void *source, void *buffer, size_t size)
{
    return fread(buffer, 1, size, source);
}

/* ---- One operation -------------------------------------------------------------------------- */

enum served { SERVED, REFUSED, SKIPPED };

static void *call(const struct trace_op *op, void *block)
{
    switch (op->kind) {
    case 'm':
        return malloc(op->size);
    case 'c':
        return calloc(1, op->size);
    case 'a':
        return memalign(op->alignment, op->size);
    case 'r':
        return realloc(block, op->size);
    default:
        free(block);
        return NULL;
    }
}

static enum served step(const struct run *run, uint32_t line, const struct trace_op *op)
{
    if (op->slot >= SLOTS)
        fail(run->name, line, "more slots than there is room for");
    struct slot *slot = &slots[op->slot];
    bool takes_live = op->kind == 'r' || op->kind == 'f';
    if (takes_live && slot->refused) {
        slot->refused = op->kind == 'r';
        return SKIPPED;
    }
    if (takes_live != (slot->block != NULL))
        fail(run->name, line, takes_live ? "the slot is empty" : "the slot is in use");
    void *p = call(op, slot->block);
    if (p == NULL && op->kind != 'f') {
        slot->refused = !takes_live;
        return REFUSED;
    }
    *slot = (struct slot){.block = p};
    if (p != NULL && malloc_usable_size(p) != (TRAILED ? op->size : heap_granules(op->size) * CAIRN_GRANULE))
        fail(run->name, line, "a block is not as large as was asked for");
    return SERVED;
}

/* ---- A run ---------------------------------------------------------------------------------- */

/* The largest free block, in granules. */
static index_t largest_hole(struct cairn_heap *heap)
{
    index_t largest = 0;
    if (heap->nonempty == 0)
        return largest;
    index_t bin = bin_last(heap->nonempty);
    for (index_t i = heap_granule(heap, bin)->next; i != bin; i = heap_granule(heap, i)->next)
        if (heap_granule(heap, i)->size > largest)
            largest = heap_granule(heap, i)->size;
    return largest;
}

/* The granule at `p`, counted from the control data's first. */
static long place(const struct run *run, const void *p)
{
    uintptr_t first = ((uintptr_t)run->region + CAIRN_GRANULE - 1) / CAIRN_GRANULE;
    return (long)((uintptr_t)p / CAIRN_GRANULE - first);
}

static void print_heap(const struct run *run)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    printf("%d\t%zu\t%ld\n", CAIRN_GRANULE, stats.control / CAIRN_GRANULE,
           place(run, heap_pointer(cairn_system(), cairn_system()->limit)));
}

static void print_block(const struct run *run, const struct trace_op *op, enum served served)
{
    struct cairn_heap *heap = cairn_system();
    const void *p = slots[op->slot].block;
    index_t hole = largest_hole(heap), above = (index_t)heap->limit - heap->top;
    printf("%ld\t%ld\t%u\t%d\t%u\n", p != NULL ? place(run, p) : -1L, place(run, heap_pointer(heap, heap->top)),
           hole > above ? hole : above, (int)served, hole);
}

/* Run the trace in the `size` bytes of the region, from an empty heap. */
static void run_trace(struct run *run, size_t size, bool print)
{
    static struct trace trace;
    struct trace_op op;
    enum trace_result result;
    rewind(run->file);
    memset(slots, 0, sizeof slots);
    run->number = run->refused = run->first_refused = 0;
    run->highest = 0;
    cairn_system_state = (struct cairn_system){0};
    host_heap_start = run->region;
    host_heap_limit = run->region + size;
    system_start();
    if (cairn_system() == NULL && print)
        fail(run->name, 0, "the heap is too small for its control data");
    if (print)
        print_heap(run);
    trace_open(&trace, read_file, run->file);
    while ((result = trace_next(&trace, &op)) == TRACE_OP) {
        enum served served = step(run, trace.line, &op);
        run->number++;
        if (served == REFUSED && run->refused++ == 0)
            run->first_refused = run->number;
        if (print)
            print_block(run, &op, served);
        size_t taken = (size_t)((char *)sbrk(0) - run->region);
        if (taken > run->highest)
            run->highest = taken;
    }
    if (result == TRACE_BAD)
        fail(run->name, trace.line, "not an operation");
}

/* Memory for a region, at the address that `start` has to a multiple of ALIGNMENT. */
static char *region_like(unsigned long start)
{
    static char memory[MOST + 2 * ALIGNMENT];
    uintptr_t aligned = ((uintptr_t)memory + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return (char *)aligned + start % ALIGNMENT;
}

static size_t number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);
    if (end == text || *end != '\0' || value > MOST) {
        fprintf(stderr, "heap_run: %s: not a size of at most %d bytes\n", text, MOST);
        _Exit(1);
    }
    return value;
}

static void print_sizes(struct run *run, int count, char **sizes)
{
    printf("%zu\n", sizeof(struct cairn_system));
    for (int i = 0; i < count; i++) {
        size_t size = number(sizes[i]);
        run_trace(run, size, false);
        printf("%zu\t%u\t%u\t%zu\n", size, run->refused, run->first_refused, run->highest);
    }
}

static void write_control(struct run *run, size_t size)
{
    struct cairn_stats stats;
    run_trace(run, size, false);
    if (cairn_system() == NULL)
        fail(run->name, 0, "the heap did not start");
    cairn_stats(cairn_system(), &stats);
    uintptr_t start = ((uintptr_t)run->region + CAIRN_GRANULE - 1) / CAIRN_GRANULE * CAIRN_GRANULE;
    fwrite((void *)start, 1, stats.control, stdout);
}

static void write_memory(struct run *run, size_t size)
{
    run_trace(run, size, false);
    fwrite(run->region, 1, size, stdout);
}

int main(int count, char **words)
{
    if (count < 5) {
        fprintf(stderr, "usage: heap_run sizes|blocks|control|memory TRACE START SIZE...\n");
        return 2;
    }
    struct run run = {.name = words[2], .file = fopen(words[2], "rb")};
    run.region = region_like(strtoul(words[3], NULL, 0));
    if (run.file == NULL) {
        perror(words[2]);
        return 1;
    }
    if (strcmp(words[1], "sizes") == 0)
        print_sizes(&run, count - 4, words + 4);
    else if (strcmp(words[1], "blocks") == 0)
        run_trace(&run, number(words[4]), true);
    else if (strcmp(words[1], "memory") == 0)
        write_memory(&run, number(words[4]));
    else
        write_control(&run, number(words[4]));
    return fflush(stdout) != 0 || ferror(stdout);
}
