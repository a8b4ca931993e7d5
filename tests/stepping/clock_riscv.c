/* clock_riscv.c: clock.h on RISC-V, by the time and compare registers of QEMU's virt machine.
 *
 * An instruction takes 5.12 ticks. So a reading tells it from all others, and the interrupt is made due in the middle
 * of the instruction after which it is to come.
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"

#include "masked.h"

uintptr_t clock_run(struct call *call, uint32_t first);
void clock_trap(void);
void clock_interrupted(uintptr_t address, uintptr_t counter, uint32_t now);
extern const char clock_run_returns[];

/* SiFive FU540-C000 manual, chapter 9: CLINT. */
#define MTIMECMP ((volatile uint32_t *)0x02004000u)

enum {
    LONGEST = 0x7fffffff,  /* ticks */
    SCALE = 1 << 22,       /* instructions over which a tick is measured */
    BEFORE = 10,           /* instructions from the first reading of the time to the function's first */
    UNTIL_RETURNED = 11,   /* those from one reading in clock_run() to the other, the function's excepted */
    UNTIL_INTERRUPTED = 5, /* those of clock_trap() up to its reading */
};

#if __riscv_xlen == 64
#define LOAD "ld"
#define STORE "sd"
#define WORD "8"
#define ADD "addw"
#else
#define LOAD "lw"
#define STORE "sw"
#define WORD "4"
#define ADD "add"
#endif

static uint32_t ticks; /* that SCALE instructions take */
static uint32_t due_ticks, due_instruction;

/* Make the interrupt due `first` ticks after a reading of the time; call the function; keep the ticks from that reading
 * to another one. */
__attribute__((naked, noinline)) uintptr_t clock_run(struct call *call, uint32_t first)
{
    (void)call;
    (void)first;
    __asm volatile("    addi sp, sp, -8*" WORD "\n"
                   "    " STORE " ra, 0(sp)\n"
                   "    " STORE " s0, 1*" WORD "(sp)\n"
                   "    " STORE " s1, 2*" WORD "(sp)\n"
                   "    " STORE " s2, 3*" WORD "(sp)\n"
                   "    mv   s0, a0\n"
                   "    mv   t2, a1\n"
                   "    li   t0, 0x02004000\n" /* MTIMECMP */
                   "    li   s1, 0x0200bff8\n" /* MTIME */
                   "    li   t1, -1\n"
                   "    sw   t1, 4(t0)\n"
                   "    li   t5, 0x80\n"
                   "    " LOAD " t6, 0(s0)\n"
                   "    " LOAD " a0, 1*" WORD "(s0)\n"
                   "    " LOAD " a1, 2*" WORD "(s0)\n"
                   "    " LOAD " a2, 3*" WORD "(s0)\n"
                   "1:  lw   t3, 4(s1)\n"
                   "    lw   t4, 0(s1)\n"
                   "    lw   t1, 4(s1)\n"
                   "    bne  t1, t3, 1b\n"
                   "    mv   s2, t4\n"
                   "    " ADD " t4, t4, t2\n"
                   "    sltu t1, t4, t2\n"
                   "    add  t3, t3, t1\n"
                   "    sw   t4, 0(t0)\n"
                   "    sw   t3, 4(t0)\n" CSR("csrs mie, t5") "\n"
                                                              "    jalr t6\n"
                                                              "    .global clock_run_returns\n"
                                                              "clock_run_returns:\n"
                                                              "    lw   a1, 0(s1)\n"
                                                              "    li   t5, 0x80\n" CSR(
                                                                  "csrc mie, t5") "\n"
                                                                                  "    sub  a1, a1, s2\n"
                                                                                  "    sw   a1, 4*" WORD "(s0)\n"
                                                                                  "    " LOAD " ra, 0(sp)\n"
                                                                                  "    " LOAD " s0, 1*" WORD "(sp)\n"
                                                                                  "    " LOAD " s1, 2*" WORD "(sp)\n"
                                                                                  "    " LOAD " s2, 3*" WORD "(sp)\n"
                                                                                  "    addi sp, sp, 8*" WORD "\n"
                                                                                  "    ret\n");
}

/* Reads the time before all else, and keeps what the handler's code may change. */
__attribute__((naked, aligned(4), used)) void clock_trap(void)
{
    __asm volatile("    addi sp, sp, -16*" WORD "\n"
                   "    " STORE " t0, 0(sp)\n"
                   "    li   t0, 0x0200bff8\n" /* MTIME: two instructions */
                   "    lw   t0, 0(t0)\n"
                   "    " STORE " ra, 1*" WORD "(sp)\n"
                   "    " STORE " t1, 2*" WORD "(sp)\n"
                   "    " STORE " t2, 3*" WORD "(sp)\n"
                   "    " STORE " t3, 4*" WORD "(sp)\n"
                   "    " STORE " t4, 5*" WORD "(sp)\n"
                   "    " STORE " t5, 6*" WORD "(sp)\n"
                   "    " STORE " t6, 7*" WORD "(sp)\n"
                   "    " STORE " a0, 8*" WORD "(sp)\n"
                   "    " STORE " a1, 9*" WORD "(sp)\n"
                   "    " STORE " a2, 10*" WORD "(sp)\n"
                   "    " STORE " a3, 11*" WORD "(sp)\n"
                   "    " STORE " a4, 12*" WORD "(sp)\n"
                   "    " STORE " a5, 13*" WORD "(sp)\n"
                   "    " STORE " a6, 14*" WORD "(sp)\n"
                   "    " STORE " a7, 15*" WORD "(sp)\n"
                   "    mv   a1, a0\n"
                   "    mv   a2, t0\n" CSR("csrr a0, mepc") "\n"
                                                            "    call clock_interrupted\n"
                                                            "    " LOAD " t0, 0(sp)\n"
                                                            "    " LOAD " ra, 1*" WORD "(sp)\n"
                                                            "    " LOAD " t1, 2*" WORD "(sp)\n"
                                                            "    " LOAD " t2, 3*" WORD "(sp)\n"
                                                            "    " LOAD " t3, 4*" WORD "(sp)\n"
                                                            "    " LOAD " t4, 5*" WORD "(sp)\n"
                                                            "    " LOAD " t5, 6*" WORD "(sp)\n"
                                                            "    " LOAD " t6, 7*" WORD "(sp)\n"
                                                            "    " LOAD " a0, 8*" WORD "(sp)\n"
                                                            "    " LOAD " a1, 9*" WORD "(sp)\n"
                                                            "    " LOAD " a2, 10*" WORD "(sp)\n"
                                                            "    " LOAD " a3, 11*" WORD "(sp)\n"
                                                            "    " LOAD " a4, 12*" WORD "(sp)\n"
                                                            "    " LOAD " a5, 13*" WORD "(sp)\n"
                                                            "    " LOAD " a6, 14*" WORD "(sp)\n"
                                                            "    " LOAD " a7, 15*" WORD "(sp)\n"
                                                            "    addi sp, sp, 16*" WORD "\n"
                                                            "    mret\n");
}

/* Instructions that a number of ticks is. */
static uint32_t instructions(uint32_t passed)
{
    return (uint32_t)(((uint64_t)passed * SCALE + ticks / 2u) / ticks);
}

/* The interrupt was due `due_ticks` after the first reading of the time. */
__attribute__((used)) void clock_interrupted(uintptr_t address, uintptr_t counter, uint32_t now)
{
    uint32_t started = MTIMECMP[0] - due_ticks;
    MTIMECMP[1] = ~0u;
    uint32_t taken = instructions(now - started) - BEFORE - UNTIL_INTERRUPTED;
    clock_interruption.count++;
    clock_interruption.address = (uint32_t)address;
    clock_interruption.counter = (uint32_t)counter;
    clock_interruption.held = taken - due_instruction;
    clock_on_interrupt();
}

uintptr_t clock_call(struct call *call)
{
    return clock_run(call, LONGEST);
}

uint32_t clock_count(const struct call *call)
{
    return instructions(call->left) - UNTIL_RETURNED;
}

uintptr_t clock_step(struct call *call, uint32_t k)
{
    clock_interruption = (struct interruption){.count = 0};
    due_instruction = k;
    due_ticks = (uint32_t)((2ull * (BEFORE + k) - 1u) * ticks / (2u * SCALE));
    return clock_run(call, due_ticks);
}

bool clock_returned(void)
{
    return clock_interruption.address == (uint32_t)(uintptr_t)clock_run_returns;
}

__attribute__((naked, noinline)) void clock_count_down(void)
{
    __asm volatile("1:\tc.addi a0, -1\n\tc.bnez a0, 1b\n\tret");
}

__attribute__((naked, noinline)) void clock_mask(void)
{
    __asm volatile(MASK "\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\t" UNMASK "\n\tret");
}

void clock_calibrate(void)
{
    struct call little = {.function = clock_count_down, .arguments = {1}};
    struct call much = {.function = clock_count_down, .arguments = {1 + SCALE / 2}};
    __asm volatile(CSR("csrw mtvec, %0")::"r"(clock_trap));
    clock_on_interrupt = clock_no_interrupt;
    clock_call(&little);
    clock_call(&much);
    ticks = much.left - little.left;
}
