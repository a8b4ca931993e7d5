/* trace.h: reads a recorded program, one operation at a time, from any source of bytes.
 *
 * A trace is ASCII: '#' lines with name, source and totals, then one operation a line:
 *   m slot size    c slot size    r slot size    a slot alignment size    f slot
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace {
    size_t (*read)(void *source, void *buffer, size_t size); /* returns 0 at the end */
    void *source;
    size_t at, filled;
    uint32_t line;
    /* From the '#' lines, 0 where they do not say. Complete once the first operation is read. */
    uint32_t ops, slots, peak_live;
    char buffer[512];
};

struct trace_op {
    char kind; /* 'm', 'c', 'r', 'a' or 'f' */
    uint32_t slot, size, alignment;
};

enum trace_result { TRACE_OP, TRACE_END, TRACE_BAD };

/* Start reading. */
void trace_open(struct trace *trace, size_t (*read)(void *, void *, size_t), void *source);

/* Read the next operation. TRACE_BAD: line `trace->line` is not one. */
enum trace_result trace_next(struct trace *trace, struct trace_op *op);

#endif
