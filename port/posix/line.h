/* line.h: a line of text for standard error, put together without stdio, which allocates.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_LINE_H
#define CAIRN_POSIX_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

struct line {
    size_t length;
    char text[256]; /* the rest is left out */
};

static inline void line_add(struct line *line, const char *text)
{
    while (*text != '\0' && line->length < sizeof line->text)
        line->text[line->length++] = *text++;
}

static inline void line_add_number(struct line *line, uintptr_t value, unsigned base)
{
    char digits[24];
    char *p = digits + sizeof digits;
    *--p = '\0';
    do
        *--p = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    line_add(line, p);
}

static inline void line_write(const struct line *line)
{
    ssize_t written = write(STDERR_FILENO, line->text, line->length);
    (void)written; /* whom could one tell? */
}

#endif
