/* tap-target.c: results of a firmware's tests, by semihosting.
 *
 * SPDX-License-Identifier: MIT */
#include "tap.h"

#include "masked.h"
#include "semihosting.h"

void tap_write(const char *text)
{
    semihosting_puts(text);
}

/* The lock masks all interrupts, except on a board whose library was built with another one. */
bool tap_unlocked(void)
{
    return masked() == 0;
}

void tap_unlock(void)
{
    set_masked(0);
}

bool tap_interrupt(void (*handler)(void))
{
    (void)handler;
    return false;
}

_Noreturn void tap_exit(int status)
{
    semihosting_exit(status);
}

unsigned long tap_seed(unsigned long usual)
{
    return usual; /* a board has no environment to ask */
}
