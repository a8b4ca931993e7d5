/* trace.c: see trace.h.
 *
 * SPDX-License-Identifier: MIT */
#include "trace.h"

#include <string.h>

enum { END = -1 };

static int peek(struct trace *trace)
{
    if (trace->at == trace->filled) {
        trace->at = 0;
        trace->filled = trace->read(trace->source, trace->buffer, sizeof trace->buffer);
        if (trace->filled == 0)
            return END;
    }
    return (unsigned char)trace->buffer[trace->at];
}

static int next(struct trace *trace)
{
    int c = peek(trace);
    if (c != END)
        trace->at++;
    return c;
}

static bool number(struct trace *trace, uint32_t *value)
{
    while (peek(trace) == ' ')
        next(trace);
    bool any = false;
    *value = 0;
    for (int c = peek(trace); c >= '0' && c <= '9'; c = peek(trace)) {
        *value = *value * 10u + (uint32_t)(c - '0');
        any = true;
        next(trace);
    }
    return any;
}

static bool is(const char *word, size_t length, const char *name)
{
    return length == strlen(name) && memcmp(word, name, length) == 0;
}

/* A '#' line: "word: number" pairs among other text. */
static void header(struct trace *trace)
{
    char word[20];
    size_t length = 0;
    for (int c = next(trace); c != '\n' && c != END; c = next(trace)) {
        uint32_t value;
        if (c == ' ') {
            length = 0;
        } else if (c != ':') {
            if (length < sizeof word)
                word[length++] = (char)c;
        } else if (number(trace, &value)) {
            if (is(word, length, "ops"))
                trace->ops = value;
            else if (is(word, length, "slots"))
                trace->slots = value;
            else if (is(word, length, "peak_live_bytes"))
                trace->peak_live = value;
        }
    }
}

void trace_open(struct trace *trace, size_t (*read)(void *, void *, size_t), void *source)
{
    *trace = (struct trace){.read = read, .source = source};
}

enum trace_result trace_next(struct trace *trace, struct trace_op *op)
{
    for (;;) {
        int c = next(trace);
        if (c == END)
            return TRACE_END;
        trace->line++;
        if (c == '#') {
            header(trace);
            continue;
        }
        *op = (struct trace_op){.kind = (char)c, .alignment = 1};
        bool good = number(trace, &op->slot);
        if (c == 'a')
            good = good && number(trace, &op->alignment);
        if (c != 'f')
            good = good && number(trace, &op->size);
        bool known = c == 'm' || c == 'c' || c == 'r' || c == 'a' || c == 'f';
        if (peek(trace) == '\r')
            next(trace);
        c = next(trace);
        return good && known && (c == '\n' || c == END) ? TRACE_OP : TRACE_BAD;
    }
}
