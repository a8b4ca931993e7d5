/* kernel.c: the kernel that is not there: its interrupt mask, and a scheduler without tasks.
 *
 * SPDX-License-Identifier: MIT */
#include "kernel.h"

#include "FreeRTOS.h"
#include "task.h"

unsigned kernel_suspended, kernel_suspensions, kernel_failed_assertions;

__attribute__((weak)) void kernel_assert(bool holds)
{
    kernel_failed_assertions += !holds;
}

static uint32_t primask(void)
{
    uint32_t value;
    __asm volatile("mrs %0, primask" : "=r"(value));
    return value;
}

#if defined MASK_NOTHING /* what fails then is in need of the lock */

uint32_t ulSetInterruptMaskFromISR(void)
{
    return 0;
}

void vClearInterruptMaskFromISR(uint32_t ulMask)
{
    (void)ulMask;
}

bool kernel_masked(void)
{
    return primask() != 0;
}

#elif __ARM_ARCH >= 7

static uint32_t basepri(void)
{
    uint32_t value;
    __asm volatile("mrs %0, basepri" : "=r"(value));
    return value;
}

uint32_t ulSetInterruptMaskFromISR(void)
{
    uint32_t found = basepri();
    __asm volatile("msr basepri, %0\n\tisb\n\tdsb" ::"r"(configMAX_SYSCALL_INTERRUPT_PRIORITY) : "memory");
    return found;
}

void vClearInterruptMaskFromISR(uint32_t ulMask)
{
    __asm volatile("msr basepri, %0" ::"r"(ulMask) : "memory");
}

bool kernel_masked(void)
{
    return primask() != 0 || basepri() != 0;
}

#else

uint32_t ulSetInterruptMaskFromISR(void)
{
    uint32_t found = primask();
    __asm volatile("cpsid i" ::: "memory");
    return found;
}

void vClearInterruptMaskFromISR(uint32_t ulMask)
{
    __asm volatile("msr primask, %0" ::"r"(ulMask) : "memory");
}

bool kernel_masked(void)
{
    return primask() != 0;
}

#endif

void vTaskSuspendAll(void)
{
    kernel_suspended++;
    kernel_suspensions++;
}

BaseType_t xTaskResumeAll(void)
{
    kernel_suspended--;
    return 0;
}
