# Arm MPS2 with the AN385 image.
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m3 -mthumb
MACHINE    := mps2-an385
HAS        := basepri mpu
ICOUNT     := 6# one instruction is 2^6 ns, longer than a SysTick period of 40 ns
