/* stack_guard.c: see stack_guard.h.
 *
 * SPDX-License-Identifier: MIT */
#include "stack_guard.h"

#include <stdint.h>

extern char __stack_limit[];

#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)

void stack_guard_start(void)
{
    /* The lower three bits are 0 by definition (ARMv8-M ARM, MSPLIM). */
    uintptr_t limit = ((uintptr_t)__stack_limit + 7u) & ~(uintptr_t)7u;
    __asm volatile("msr msplim, %0\n\tisb" ::"r"(limit) : "memory");
}

char *stack_guard_end(void)
{
    char *limit;
    __asm volatile("mrs %0, msplim" : "=r"(limit));
    return limit;
}

#elif defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__)

_Static_assert(STACK_GUARD_BYTES >= 32 && (STACK_GUARD_BYTES & (STACK_GUARD_BYTES - 1)) == 0,
               "STACK_GUARD_BYTES: not a power of two from 32 on, as MPU regions are");

/* MPU registers (ARMv7-M ARM, B3.5.3). */
#define MPU_TYPE (*(volatile uint32_t *)0xE000ED90u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)

enum { ENABLE = 1u << 0, PRIVDEFENA = 1u << 2, EXECUTE_NEVER = 1u << 28 };

static char *end; /* of the guarded region; NULL before it is */

/* The SIZE field: the region has 2^(SIZE + 1) bytes. */
static uint32_t size_field(uint32_t bytes)
{
    return 30u - (uint32_t)__builtin_clz(bytes);
}

void stack_guard_start(void)
{
    uint32_t regions = MPU_TYPE >> 8 & 255u;
    if (regions == 0)
        return;            /* this chip was made without an MPU */
    MPU_RNR = regions - 1; /* of two regions that overlap the one with the higher number holds */
    uintptr_t first = ((uintptr_t)__stack_limit + STACK_GUARD_BYTES - 1u) & ~(uintptr_t)(STACK_GUARD_BYTES - 1u);
    MPU_RBAR = first;
    MPU_RASR = EXECUTE_NEVER | size_field(STACK_GUARD_BYTES) << 1 | ENABLE; /* no access, AP = 0 */
    MPU_CTRL |= PRIVDEFENA | ENABLE;
    __asm volatile("dsb\n\tisb" ::: "memory");
    end = (char *)(first + STACK_GUARD_BYTES);
}

char *stack_guard_end(void)
{
    return end;
}

#else
#error "stack_guard.c needs an MPU (ARMv7-M) or MSPLIM (ARMv8-M Mainline): this core has neither"
#endif
