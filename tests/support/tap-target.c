/* tap-target.c: results of a firmware's tests, by semihosting.
 *
 * SPDX-License-Identifier: MIT */
#include "tap.h"

#include "semihosting.h"

void tap_write(const char *text)
{
    semihosting_puts(text);
}

/* The lock is PRIMASK, except on a board whose library was built with another one. */
bool tap_unlocked(void)
{
    unsigned masked;
    __asm volatile("mrs %0, primask" : "=r"(masked));
    return masked == 0;
}

void tap_unlock(void)
{
    __asm volatile("cpsie i" : : : "memory");
}

_Noreturn void tap_exit(int status)
{
    semihosting_exit(status);
}

unsigned long tap_seed(unsigned long usual)
{
    return usual; /* a board has no environment to ask */
}
