/* startup.c: from reset to main() on Cortex-M, and out again through semihosting.
 *
 * SPDX-License-Identifier: MIT */
#include "start.h"

_Noreturn void reset_handler(void);
void svc_handler(void);
void pendsv_handler(void);
void systick_handler(void);

/* Coprocessor access control: CP10 and CP11 are the floating-point unit (ARMv7-M ARM, B3.2.20). */
#if defined(__ARM_FP)
static void enable_fpu(void)
{
    volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88u;
    *cpacr |= 0xFu << 20;
    __asm volatile("dsb\n\tisb" ::: "memory");
}
#endif

_Noreturn void reset_handler(void)
{
#if defined(__ARM_FP)
    enable_fpu(); /* before any function that may keep a value in its registers */
#endif
    start_program();
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
