# QEMU's RISC-V virt machine, as rv32imac.
#
# SPDX-License-Identifier: MIT
ARCH       := riscv
CPU_FLAGS  := -march=rv32imac -mabi=ilp32
MACHINE    := virt
EMULATOR   := qemu-system-riscv32 -bios none
ICOUNT     := 9# one instruction is 2^9 ns: periods of mtime, 100 ns, enough to aim at the middle of one
