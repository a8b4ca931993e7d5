/* tap-host.c: results of tests on the host.
 *
 * SPDX-License-Identifier: MIT */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tap_write(const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t n = write(STDOUT_FILENO, text, left);
        if (n < 0)
            _exit(2);
        text += n;
        left -= (size_t)n;
    }
}

/* port/host's, if the program has it: the port for a process has another lock. */
extern unsigned host_lock_depth __attribute__((weak));

bool tap_unlocked(void)
{
    return &host_lock_depth == NULL || host_lock_depth == 0;
}

void tap_unlock(void)
{
    if (&host_lock_depth != NULL)
        host_lock_depth = 0;
}

extern void (*host_interrupt)(void) __attribute__((weak));

bool tap_interrupt(void (*handler)(void))
{
    if (&host_interrupt == NULL)
        return false;
    host_interrupt = handler;
    return true;
}

_Noreturn void tap_exit(int status)
{
    _exit(status);
}

/* SEED=number in the environment. */
unsigned long tap_seed(unsigned long usual)
{
    const char *seed = getenv("SEED");
    return seed != NULL ? strtoul(seed, NULL, 0) : usual;
}
