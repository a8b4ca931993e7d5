/* mie.h: the lock by mstatus.MIE: every interrupt in machine mode waits.
 *
 * Works from threads and handlers. The caller must be in machine mode: mstatus is not accessible otherwise (The RISC-V
 * Instruction Set Manual, volume II, 3.1.6). For one hart: another one is not held back.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_MIE_H
#define CAIRN_MIE_H

#include <stdint.h>

#if defined(CAIRN_CEILING) || defined(CAIRN_CEILING_OF_FIRMWARE)
#error "CAIRN_CEILING is for BASEPRI, which is Cortex-M's: leave it out; on RISC-V the lock holds every interrupt back"
#endif

/* -march=rv32imac has no CSR instructions since version 20191213 of the ISA: Zicsr names them. */
#ifdef __riscv_zicsr
#define PORT_CSR(instruction) instruction
#else
#define PORT_CSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop"
#endif

static inline uint32_t port_lock(void)
{
    unsigned long state;
    __asm volatile(PORT_CSR("csrrci %0, mstatus, 8") : "=r"(state)::"memory"); /* MIE */
    return (uint32_t)state;
}

/* Sets all bits that locking found set: only MIE has been cleared since, as no trap came in between. */
static inline void port_unlock(uint32_t state)
{
    __asm volatile(PORT_CSR("csrs mstatus, %0")::"r"(state) : "memory");
}

#endif
