# Netduino Plus 2 (STM32F405).
#
# SPDX-License-Identifier: MIT
CPU_FLAGS  := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
MACHINE    := netduinoplus2
ICOUNT     := 4# one instruction is 2^4 ns, longer than a SysTick period of 6 ns
