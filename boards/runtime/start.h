/* start.h: what the startup code of every architecture does before main(), main(), and the end of a run that goes
 * wrong. One source of a firmware includes it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BOARDS_START_H
#define BOARDS_START_H

#include "semihosting.h"

#include <stddef.h>
#include <stdint.h>

/* From linker/sections.ld. In C a symbol is an address, never a value. */
extern char __stack_top[];
extern uint32_t __data_load[], __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[];
extern void (*const __preinit_array_start[])(void), (*const __preinit_array_end[])(void);
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

extern char __tls_base[], __tls_load[], __tls_load_end[];

/* picolibc's on Arm: where its thread-local variables are. Absent elsewhere. */
__attribute__((weak)) void _set_tls(void *base);

int main(void);
void fault_handler(void);
void unexpected_handler(void);

static void run(void (*const *function)(void), void (*const *end)(void))
{
    while (function < end)
        (*function++)();
}

static void start_tls(void)
{
    char *to = __tls_base;
    for (const char *from = __tls_load; from < __tls_load_end; from++)
        *to++ = *from;
    if (_set_tls != NULL)
        _set_tls(__tls_base);
}

/* An unexpected fault or interrupt ends the run, so that no test waits for it. */
__attribute__((weak)) void fault_handler(void)
{
    semihosting_puts("Bail out! fault\n");
    semihosting_exit(1);
}

__attribute__((weak)) void unexpected_handler(void)
{
    semihosting_puts("Bail out! unexpected interrupt\n");
    semihosting_exit(1);
}

/* Make memory what the program says that it holds, run the constructors and main(), and end. */
_Noreturn static inline void start_program(void)
{
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end; to++)
        *to = *from++;
    for (uint32_t *to = __bss_start; to < __bss_end; to++)
        *to = 0;
    start_tls();
    run(__preinit_array_start, __preinit_array_end);
    run(__init_array_start, __init_array_end);
    semihosting_exit(main());
}

#endif
