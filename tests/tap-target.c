/* tap-target.c: results of a firmware's tests, by semihosting.
 *
 * SPDX-License-Identifier: MIT */
#include "tap.h"

#include "semihosting.h"

void tap_write(const char *text)
{
    semihosting_puts(text);
}

_Noreturn void tap_exit(int status)
{
    semihosting_exit(status);
}

unsigned long tap_seed(unsigned long usual)
{
    return usual; /* a board has no environment to ask */
}
