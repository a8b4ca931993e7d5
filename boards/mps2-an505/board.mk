# Arm MPS2 with the AN505 image.
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16
MACHINE    := mps2-an505
HAS        := basepri msplim
ICOUNT     := 6# one instruction is 2^6 ns, longer than a SysTick period of 50 ns
