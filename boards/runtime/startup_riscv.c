/* startup_riscv.c: from reset to main() on RISC-V, in machine mode, and out again through semihosting.
 *
 * SPDX-License-Identifier: MIT */
#include "start.h"

_Noreturn void reset_handler(void);
_Noreturn void start(void);
void trap_handler(void);
void timer_handler(void);
void software_handler(void);

/* The first code of the image: gp, sp and tp as the compiler's code needs them, and traps that end in trap_handler(). At
 * reset the floating-point unit is off, mstatus.FS, and interrupts are masked, mstatus.MIE; here each interrupt stays
 * disabled by itself, as on Cortex-M (The RISC-V Instruction Set Manual, volume II, 3.1.6). */
__attribute__((naked, section(".vectors"), used)) _Noreturn void reset_handler(void)
{
    __asm volatile(".option push\n"
                   "    .option norelax\n"
                   "    .option arch, +zicsr\n"
                   "    la   gp, __global_pointer$\n"
                   "    la   sp, __stack_top\n"
                   "    la   tp, __tls_base\n"
                   "    la   t0, trap_handler\n"
                   "    csrw mtvec, t0\n"
                   "    csrw mie, x0\n"
                   "    csrsi mstatus, 8\n"
#ifdef __riscv_flen
                   "    li   t0, 0x2000\n"
                   "    csrs mstatus, t0\n"
                   "    csrw fcsr, x0\n"
#endif
                   "    j    start\n"
                   "    .option pop");
}

__attribute__((used)) _Noreturn void start(void)
{
    start_program();
}

__attribute__((weak)) void software_handler(void)
{
    unexpected_handler();
}

__attribute__((weak)) void timer_handler(void)
{
    unexpected_handler();
}

/* mcause of an interrupt has the highest bit set, and the number of the interrupt below it (volume II, 3.1.15). */
__attribute__((interrupt("machine"), aligned(4))) void trap_handler(void)
{
    enum { SOFTWARE = 3, TIMER = 7 };
    long cause;
    __asm volatile(".option push\n\t.option arch, +zicsr\n\tcsrr %0, mcause\n\t.option pop" : "=r"(cause));
    if (cause >= 0)
        fault_handler();
    else if ((cause & 0xff) == TIMER)
        timer_handler();
    else if ((cause & 0xff) == SOFTWARE)
        software_handler();
    else
        unexpected_handler();
}
