/* An interrupt that the kernel's mask does not hold back uses the heap: it is named at once. With BASEPRI it is one
 * above the ceiling; without, all wait but the NMI.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "fatal.h"
#include "kernel.h"
#include "target/systick.h"

/* What the interrupt does. */
#define FREES 1
#define ASKS 2
#define ALLOCATES_IN_IRQ 3 /* in an interrupt of the NVIC, after one at the ceiling did so unharmed */
#ifndef ABOVE
#define ABOVE 0
#endif

void vApplicationMallocFailedHook(void);
void systick_handler(void);
void unexpected_handler(void);

#define SYSTICK_PRIORITY (*(volatile uint8_t *)0xE000ED23u) /* SHPR3, byte 3 (ARMv7-M ARM, B3.2.12) */
#define ICSR_NMIPENDSET (1u << 31)
#define NVIC_ISER (*(volatile uint32_t *)0xE000E100u) /* ARMv7-M ARM, B3.4.3 */
#define NVIC_ISPR (*(volatile uint32_t *)0xE000E200u)
#define NVIC_PRIORITY(n) (*(volatile uint8_t *)(0xE000E400u + (n)))
enum { NMI = 2, SYSTICK = 15, IRQ = 9, EXCEPTION_OF_IRQ = 16 + IRQ }; /* numbers of exceptions */

static void *block;

void vApplicationMallocFailedHook(void)
{
}

static void use_heap(void)
{
    if (ABOVE == FREES)
        vPortFree(block);
    else if (ABOVE == ASKS)
        (void)xPortGetFreeHeapSize();
    else
        launder(pvPortMalloc(8));
}

void systick_handler(void)
{
    systick_stop();
    use_heap();
}

void unexpected_handler(void)
{
    use_heap();
}

#if ABOVE == ALLOCATES_IN_IRQ
static void raise_irq(uint8_t priority)
{
    NVIC_PRIORITY(IRQ) = priority;
    NVIC_ISPR = 1u << IRQ;
    __asm volatile("dsb\n\tisb" ::: "memory");
}
#endif

int main(void)
{
    block = launder(pvPortMalloc(8));
#if ABOVE == ALLOCATES_IN_IRQ
    NVIC_ISER = 1u << IRQ;
    raise_irq(configMAX_SYSCALL_INTERRUPT_PRIORITY);
    expect_fatal("an interrupt above the ceiling that allocates is caught, one at the ceiling is not",
                 CAIRN_ABOVE_CEILING, (const void *)EXCEPTION_OF_IRQ);
    raise_irq(configMAX_SYSCALL_INTERRUPT_PRIORITY - 0x20);
#elif __ARM_ARCH_ISA_THUMB >= 2
    expect_fatal("an interrupt above the ceiling that uses the heap is caught", CAIRN_ABOVE_CEILING,
                 (const void *)SYSTICK);
    SYSTICK_PRIORITY = configMAX_SYSCALL_INTERRUPT_PRIORITY - 0x20;
    systick_start(1000, 1000);
#else
    expect_fatal("a non-maskable interrupt that uses the heap is caught", CAIRN_ABOVE_CEILING, (const void *)NMI);
    ICSR = ICSR_NMIPENDSET;
#endif
    for (volatile int i = 0; i < 10000; i++)
        ;
    return fatal_missed();
}
