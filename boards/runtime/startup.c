/* startup.c: from reset to main(), and out again through semihosting.
 *
 * SPDX-License-Identifier: MIT */
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

/* picolibc's: where its thread-local variables are. Absent with other C libraries. */
__attribute__((weak)) void _set_tls(void *base);

int main(void);
_Noreturn void reset_handler(void);
void fault_handler(void);
void unexpected_handler(void);
void svc_handler(void);
void pendsv_handler(void);
void systick_handler(void);

static void run(void (*const *function)(void), void (*const *end)(void))
{
    while (function < end)
        (*function++)();
}

/* Coprocessor access control: CP10 and CP11 are the floating-point unit (ARMv7-M ARM, B3.2.20). */
#if defined(__ARM_FP)
static void enable_fpu(void)
{
    volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88u;
    *cpacr |= 0xFu << 20;
    __asm volatile("dsb\n\tisb" ::: "memory");
}
#endif

static void start_tls(void)
{
    char *to = __tls_base;
    for (const char *from = __tls_load; from < __tls_load_end; from++)
        *to++ = *from;
    _set_tls(__tls_base);
}

_Noreturn void reset_handler(void)
{
#if defined(__ARM_FP)
    enable_fpu(); /* before any function that may keep a value in its registers */
#endif
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end; to++)
        *to = *from++;
    for (uint32_t *to = __bss_start; to < __bss_end; to++)
        *to = 0;
    if (_set_tls != NULL)
        start_tls();
    run(__preinit_array_start, __preinit_array_end);
    run(__init_array_start, __init_array_end);
    semihosting_exit(main());
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

__attribute__((weak)) void svc_handler(void)
{
    unexpected_handler();
}

__attribute__((weak)) void pendsv_handler(void)
{
    unexpected_handler();
}

__attribute__((weak)) void systick_handler(void)
{
    unexpected_handler();
}

#define FAULT fault_handler
#define OTHER unexpected_handler
#define FOUR(x) x, x, x, x

/* Exceptions 0 to 15 (ARMv7-M ARM, B1.5.2) and the first 32 interrupts. */
/* clang-format off */
__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    (void (*)(void))(uintptr_t)__stack_top,
    (void (*)(void))reset_handler,
    OTHER,                             /* NMI */
    FAULT, FAULT, FAULT, FAULT, FAULT, /* HardFault, MemManage, BusFault, UsageFault, SecureFault */
    OTHER, OTHER, OTHER, svc_handler, OTHER, OTHER,
    pendsv_handler,
    systick_handler,
    FOUR(OTHER), FOUR(OTHER), FOUR(OTHER), FOUR(OTHER), FOUR(OTHER), FOUR(OTHER), FOUR(OTHER), FOUR(OTHER),
};
/* clang-format on */
