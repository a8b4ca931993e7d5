# BBC micro:bit (nRF51822).
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m0 -mthumb
MACHINE    := microbit
ICOUNT     := 6# one instruction is 2^6 ns, longer than a SysTick period of 62.5 ns
REPLAY_SLOTS := 120# its trace runner has 16 KiB of RAM in all
