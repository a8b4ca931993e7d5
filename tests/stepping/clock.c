/* clock.c: clock.h on Cortex-M.
 *
 * Time begins with the store that starts SysTick. One tick later the counter is loaded with the number
 * of ticks that it was given; one tick after it has come to 0 it is loaded again.
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"

#include "../target/systick.h"

uintptr_t clock_run(struct call *call, uint32_t first);
void clock_interrupted(const uint32_t *frame, uint32_t left);
void systick_handler(void);
extern const char clock_run_returns[];

enum {
    LONGEST = 0xffffff,    /* ticks */
    SCALE = 1 << 22,       /* instructions over which a tick is measured */
    BEFORE = 4,            /* instructions from the start to the function's first */
    UNTIL_RETURNED = 5,    /* those of clock_run() from the start to its reading of the counter */
    UNTIL_INTERRUPTED = 2, /* those of the handler up to its reading */
};

static uint32_t ticks; /* that SCALE instructions take */
static uint32_t due_ticks, due_instruction;

/* Start SysTick with `first` ticks, and LONGEST for the second time round; call the function; keep what
 * is left on the counter. The NOPs let the counter be loaded with `first` before the register that it
 * is loaded from changes. */
__attribute__((naked, noinline)) uintptr_t clock_run(struct call *call, uint32_t first)
{
    (void)call;
    (void)first;
    __asm volatile(".syntax unified\n"
                   "    push {r4-r7, lr}\n"
                   "    mov  r7, r0\n"
                   "    ldr  r4, =0xE000E010\n" /* SYST_CSR, SYST_RVR, SYST_CVR */
                   "    movs r5, #0\n"
                   "    str  r5, [r4]\n"
                   "    str  r1, [r4, #4]\n"
                   "    str  r1, [r4, #8]\n"
                   "    ldr  r5, =0xffffff\n"
                   "    ldr  r6, [r7]\n"
                   "    ldr  r0, [r7, #4]\n"
                   "    ldr  r1, [r7, #8]\n"
                   "    ldr  r2, [r7, #12]\n"
                   "    movs r3, #7\n"
                   "    str  r3, [r4]\n"
                   "    nop\n"
                   "    nop\n"
                   "    str  r5, [r4, #4]\n"
                   "    blx  r6\n"
                   "    .global clock_run_returns\n"
                   "clock_run_returns:\n"
                   "    ldr  r1, [r4, #8]\n"
                   "    movs r2, #0\n"
                   "    str  r2, [r4]\n"
                   "    str  r1, [r7, #16]\n"
                   "    pop  {r4-r7, pc}\n"
                   "    .ltorg");
}

/* Reads the counter before all else. */
__attribute__((naked)) void systick_handler(void)
{
    __asm volatile(".syntax unified\n"
                   "    ldr  r1, =0xE000E018\n" /* SYST_CVR */
                   "    ldr  r1, [r1]\n"
                   "    mov  r0, sp\n"
                   "    ldr  r2, =clock_interrupted\n"
                   "    bx   r2\n"
                   "    .ltorg");
}

/* Instructions from the start to a reading, by which `passed` ticks had been counted. A tick is counted
 * only when it is over, so the reading came later than `passed` ticks after the start, and not later than
 * one more. Only one instruction ends there, as each is longer than a tick. The last term makes up for
 * `ticks`, which may be one less or one more. */
static uint32_t instructions(uint32_t passed)
{
    return (uint32_t)(((passed + 1ull) * SCALE + SCALE / 256) / ticks);
}

/* From the exception frame: r0 to r3, r12, lr, the return address, xPSR (ARMv7-M ARM, B1.5.6). */
__attribute__((used)) void clock_interrupted(const uint32_t *frame, uint32_t left)
{
    systick_stop();
    uint32_t taken = instructions(1 + due_ticks + 1 + LONGEST - left) - BEFORE - UNTIL_INTERRUPTED;
    clock_interruption.count++;
    clock_interruption.address = frame[6];
    clock_interruption.counter = frame[0];
    clock_interruption.held = taken - due_instruction;
    clock_on_interrupt();
}

uintptr_t clock_call(struct call *call)
{
    return clock_run(call, LONGEST);
}

uint32_t clock_count(const struct call *call)
{
    return instructions(1 + LONGEST - call->left) - UNTIL_RETURNED;
}

uintptr_t clock_step(struct call *call, uint32_t k)
{
    clock_interruption = (struct interruption){.count = 0};
    due_instruction = k;
    due_ticks = (uint32_t)((uint64_t)(BEFORE + k) * ticks / SCALE) - 1u;
    return clock_run(call, due_ticks);
}

bool clock_returned(void)
{
    return clock_interruption.address == ((uintptr_t)clock_run_returns & ~1u);
}

__attribute__((naked, noinline)) void clock_count_down(void)
{
    __asm volatile(".syntax unified\n1:\tsubs r0, r0, #1\n\tbne 1b\n\tbx lr");
}

__attribute__((naked, noinline)) void clock_mask(void)
{
    __asm volatile("cpsid i\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tcpsie i\n\tbx lr");
}

void clock_calibrate(void)
{
    struct call little = {.function = clock_count_down, .arguments = {1}};
    struct call much = {.function = clock_count_down, .arguments = {1 + SCALE / 2}};
    clock_on_interrupt = clock_no_interrupt;
    clock_call(&little);
    clock_call(&much);
    ticks = little.left - much.left;
}
