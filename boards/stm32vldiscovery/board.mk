# STM32 VL Discovery (STM32F100RB).
#
# SPDX-License-Identifier: MIT
ARCH         := cortex-m
CPU_FLAGS    := -mcpu=cortex-m3 -mthumb
MACHINE      := stm32vldiscovery
HAS          := basepri mpu
ICOUNT       := 6# one instruction is 2^6 ns, longer than a SysTick period of 42 ns
REPLAY_SLOTS := 80# its trace runner has 8 KiB of RAM in all
