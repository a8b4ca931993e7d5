# Arm MPS3 with the AN547 image (Corstone-300).
#
# SPDX-License-Identifier: MIT
CPU_FLAGS  := -mcpu=cortex-m55 -mthumb -mfloat-abi=hard
MACHINE    := mps3-an547
ICOUNT     := 5# one instruction is 2^5 ns, longer than a SysTick period of 31.25 ns
