/* calls.c: port_calls() for Cortex-M: the words on a stack that follow a BL or BLX in the firmware's code.
 *
 * Without unwinding tables, and without a frame pointer: every return address that a function saved is such a word. So
 * is one that a call has left which has returned since; the host tells them apart by the image's CFI, where that is
 * there.
 *
 * Code is what lies between __code_start and __code_end, if the linker script or the link line defines them. Otherwise
 * it begins with the vector table, and ends where one of the usual symbols says; without any of them nothing is found.
 * Code in RAM is not looked at.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn_config.h"
#include "port.h"

#if CAIRN_CALLS

#ifdef __riscv
#error "CAIRN_TRACE_STACK and CAIRN_SITES_STACK find calls on the stack of a Cortex-M only: leave them out"
#endif

#include <stdbool.h>

enum { LOOK_AT = 128 }; /* words of the stack */

/* ARM DDI 0403E.e, B3.2.5. ARMv6-M without the register reads 0, where its table is. */
#define VTOR (*(const volatile uintptr_t *)0xe000ed08u)

extern const char __code_start[] __attribute__((weak)), __code_end[] __attribute__((weak));
extern const char __etext[] __attribute__((weak)), _etext[] __attribute__((weak)), etext[] __attribute__((weak));

struct code {
    uintptr_t start, end;
};

static struct code code_of_firmware(void)
{
    struct code code = {(uintptr_t)__code_start, (uintptr_t)__code_end};
    const uintptr_t ends[] = {(uintptr_t)__etext, (uintptr_t)_etext, (uintptr_t)etext};
    for (unsigned i = 0; i < sizeof ends / sizeof *ends && code.end == 0; i++)
        code.end = ends[i];
    if (code.start == 0 && VTOR < code.end)
        code.start = VTOR;
    else if (code.start == 0) /* the table was copied to RAM: at least what is linked after this function */
        code.start = (uintptr_t)port_calls & ~(uintptr_t)1;
    return code;
}

static bool follows_call(const struct code *code, uintptr_t word)
{
    enum { BLX_SIZE = 2, BL_SIZE = 4 };
    uintptr_t address = word - 1u; /* bit 0 says that it is Thumb code */
    if ((word & 1u) == 0 || address < code->start + BL_SIZE || address > code->end)
        return false;
    const uint16_t *end = (const uint16_t *)address; /* ARM DDI 0403E.e, A7.7.18 and A7.7.19 */
    return (end[-1] & 0xff87u) == 0x4780u || ((end[-2] & 0xf800u) == 0xf000u && (end[-1] & 0xd000u) == 0xd000u);
}

/* What LR is at an exception's start, which its handler saves: ARM DDI 0403E.e, B1.5.8, and DDI 0553B.l, D1.2.95. Bit 4
 * says what the floating-point unit has. */
static bool is_exception_return(uintptr_t word)
{
    uintptr_t plain = word | 0x10u;
    return plain == 0xfffffff1u || plain == 0xfffffff9u || plain == 0xfffffffdu || plain == 0xffffffb0u ||
           plain == 0xffffffb8u || plain == 0xffffffbcu;
}

uint32_t port_calls(const void *frame, struct port_call *calls, uint32_t most)
{
    struct code code = code_of_firmware();
    const uintptr_t *words = frame, *end = port_stack_end(frame);
    uint32_t exception, found = 0;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    for (uint32_t at = 0; at < LOOK_AT && found < most && words + at < end; at++) {
        if (exception != 0 && is_exception_return(words[at]))
            break;
        if (follows_call(&code, words[at]))
            calls[found++] = (struct port_call){.address = words[at], .at = at};
    }
    return found;
}

#endif
