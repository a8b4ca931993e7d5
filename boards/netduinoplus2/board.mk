# Netduino Plus 2 (STM32F405).
#
# SPDX-License-Identifier: MIT
ARCH       := cortex-m
CPU_FLAGS  := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
MACHINE    := netduinoplus2
HAS        := basepri mpu
ICOUNT     := 4# one instruction is 2^4 ns, longer than a SysTick period of 6 ns
