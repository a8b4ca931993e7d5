# Stellaris LM3S6965 evaluation board.
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m3 -mthumb
MACHINE    := lm3s6965evb
HAS        := basepri mpu
ICOUNT     := 7# one instruction is 2^7 ns, longer than a SysTick period of 80 ns
