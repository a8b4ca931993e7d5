# QEMU's RISC-V virt machine, as rv64imac.
#
# SPDX-License-Identifier: MIT
ARCH       := riscv
CPU_FLAGS  := -march=rv64imac -mabi=lp64 -mcmodel=medany
MACHINE    := virt
EMULATOR   := qemu-system-riscv64 -bios none
ICOUNT     := 9# one instruction is 2^9 ns: periods of mtime, 100 ns, enough to aim at the middle of one
