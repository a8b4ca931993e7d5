/* fit.c: the smallest heap, control data and static state included, in which each trace runs
 * without a failed call. On the host, with the target's layout.
 *
 *   fit TRACE...     prints a line for each: trace, peak_live, fit, ratio, apart by tabs
 *
 * Fragmentation is not monotone: a size that serves may be followed by one that does not. So the
 * bisection's result must be confirmed by 20 larger sizes, up to 30 % more; if one of them fails,
 * the search goes on above it. A larger heap with as many bins does the same from its first block on, so what one run
 * proves need not be run again: fits_by_proof().
 *
 * SPDX-License-Identifier: MIT */
#include "host_port.h"
#include "replay.h"
#include "system/system.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the largest heap that is tried. Default: as far as a 16-bit index reaches. */
#ifndef FIT_MOST
#define FIT_MOST (0x10000 * CAIRN_GRANULE)
#endif

enum { SLOTS = 65536, STEPS = 20, MOST = FIT_MOST };

static struct replay_slot slots[SLOTS];
static _Alignas(4096) char region[MOST]; /* an aligned block's gap is the same wherever this is linked */

/* A run without a failure: granules of control data above the handle, and the highest top, from the handle. */
static struct {
    index_t first, highest;
} proof;
static bool aligned; /* the trace has aligned blocks: where they lie depends on the handle's address */

static uint32_t no_clock(void)
{
    return 0;
}

static size_t read_file(void *source, void *buffer, size_t size)
{
    return fread(buffer, 1, size, source);
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    fprintf(stderr, "fit: %s: %p\n", cairn_reason_text(reason), address);
    _Exit(1);
}

static void note_top(void *context, uint32_t op, char kind, uint32_t cost)
{
    (void)context, (void)op, (void)cost;
    index_t top = cairn_system() != NULL ? cairn_system()->top : 0;
    if (top > proof.highest)
        proof.highest = top;
    aligned |= kind == 'a';
}

/* Must a heap of `size` bytes serve, since another one with the same first granule did, and never went above its
 * limit? */
static bool fits_by_proof(size_t size)
{
    struct heap_layout layout;
    return proof.first != 0 && !aligned && heap_lay_out(&layout, region, size) && layout.first == proof.first &&
           layout.limit >= proof.highest;
}

/* Does the trace run in a heap of `size` bytes? Exits if it is no trace. */
static bool runs(FILE *file, const char *name, size_t size, uint32_t *peak_live)
{
    static struct trace trace;
    if (fits_by_proof(size))
        return true;
    proof.first = proof.highest = 0;
    rewind(file);
    memset(slots, 0, sizeof slots);
    cairn_system_state = (struct cairn_system){0};
    host_heap_start = region;
    host_heap_limit = region + size;
    trace_open(&trace, read_file, file);
    struct replay replay = {.trace = &trace,
                            .slots = slots,
                            .slot_count = SLOTS,
                            .now = no_clock,
                            .done = note_top,
                            .stop_at_failure = true};
    replay_run(&replay);
    if (replay.error != NULL) {
        fprintf(stderr, "fit: %s:%u: %s\n", name, trace.line, replay.error);
        _Exit(1);
    }
    *peak_live = trace.peak_live;
    if (replay.failures == 0 && cairn_system() != NULL)
        proof.first = heap_first_granule(cairn_system()->limit);
    return replay.failures == 0;
}

/* The smallest size between `low`, which fails, and `high`, which serves. */
static size_t bisect(FILE *file, const char *name, size_t low, size_t high)
{
    uint32_t peak;
    while (high - low > CAIRN_GRANULE) {
        size_t middle = (low + high) / 2 / CAIRN_GRANULE * CAIRN_GRANULE;
        if (runs(file, name, middle, &peak))
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* The smallest confirmed size; 0 if the trace does not run in the largest heap. */
static size_t fit(FILE *file, const char *name, uint32_t *peak)
{
    proof.first = 0;
    aligned = false;
    if (!runs(file, name, MOST, peak))
        return 0;
    size_t low = 0;
    for (;;) {
        size_t high = bisect(file, name, low, MOST);
        size_t fails = 0;
        for (size_t step = 1; step <= STEPS; step++) {
            size_t size = high + high * 3 * step / (10 * STEPS);
            if (size <= MOST && !runs(file, name, size, peak))
                fails = size;
        }
        if (fails == 0)
            return high + sizeof(struct cairn_system);
        low = fails;
    }
}

int main(int count, char **paths)
{
    double sum = 0;
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL) {
            perror(paths[i]);
            return 1;
        }
        const char *slash = strrchr(paths[i], '/');
        const char *name = slash != NULL ? slash + 1 : paths[i];
        uint32_t peak;
        size_t size = fit(file, name, &peak);
        fclose(file);
        if (size == 0) {
            fprintf(stderr, "fit: %s needs more than %d bytes\n", name, MOST);
            return 1;
        }
        printf("%.*s\t%u\t%zu\t%.4f\n", (int)strcspn(name, "."), name, peak, size, (double)size / peak);
        fflush(stdout);
        sum += log((double)size / peak);
    }
    if (count > 1)
        fprintf(stderr, "geometric mean %.4f\n", exp(sum / (count - 1)));
    return 0;
}
