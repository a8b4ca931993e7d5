/* startup.c: from reset to main(), for scripts of any convention: foreign.mk says what each calls
 * the ends of its sections.
 *
 * SPDX-License-Identifier: MIT */
#include "semihosting.h"

#include <stdint.h>

/* In C a linker symbol is an address, never a value. */
extern char image_stack_top[];
extern uint32_t image_data_load[], image_data[], image_data_end[];
extern uint32_t image_bss[], image_bss_end[];

int main(void);
_Noreturn void reset_handler(void);

_Noreturn void reset_handler(void)
{
    const uint32_t *from = image_data_load;
    for (uint32_t *to = image_data; to < image_data_end; to++)
        *to = *from++;
    for (uint32_t *to = image_bss; to < image_bss_end; to++)
        *to = 0;
    semihosting_exit(main());
}

static void unexpected(void)
{
    semihosting_puts("Bail out! fault\n");
    semihosting_exit(1);
}

#define FOUR(x) x, x, x, x

/* Exceptions 0 to 15 (ARMv7-M ARM, B1.5.2); no interrupt is enabled. */
__attribute__((section(".isr_vector"), used)) static void (*const vectors[])(void) = {
    (void (*)(void))(uintptr_t)image_stack_top,
    reset_handler,
    unexpected,
    unexpected,
    FOUR(unexpected),
    FOUR(unexpected),
    FOUR(unexpected)};
