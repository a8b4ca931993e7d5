/* result.h: a figure on the console, "result: name value", for the scripts that run a firmware.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "semihosting.h"

#include <stdint.h>

static inline void result(const char *name, uint32_t value)
{
    char digits[11];
    char *p = digits + sizeof digits;
    *--p = '\0';
    do
        *--p = (char)('0' + value % 10u);
    while ((value /= 10u) != 0);
    semihosting_puts("result: ");
    semihosting_puts(name);
    semihosting_puts(" ");
    semihosting_puts(p);
    semihosting_puts("\n");
}

#endif
