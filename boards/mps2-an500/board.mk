# Arm MPS2 with the AN500 image.
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16
MACHINE    := mps2-an500
HAS        := basepri mpu
ICOUNT     := 6# one instruction is 2^6 ns, longer than a SysTick period of 40 ns
