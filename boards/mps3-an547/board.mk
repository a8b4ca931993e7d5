# Arm MPS3 with the AN547 image (Corstone-300).
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m55 -mthumb -mfloat-abi=hard
MACHINE    := mps3-an547
HAS        := basepri msplim
ICOUNT     := 5# one instruction is 2^5 ns, longer than a SysTick period of 31.25 ns
