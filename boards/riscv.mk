# What the boards with a RISC-V core have in common.
#
# SPDX-License-Identifier: MIT
PACKAGES       := gcc gcc-multilib libc6-dev perl python3 cmake ninja-build meson pkgconf gdb-multiarch \
                  python3-pyelftools gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
CROSS          ?= riscv64-unknown-elf-
BOARD_EMULATOR := qemu-system-riscv32 -bios none
STARTUP        := startup_riscv
PORT_PARTS     := # no calls on the stack: CAIRN_TRACE_STACK and CAIRN_SITES_STACK do not link
LIBCS          := picolibc
BOARD_LIBC     := picolibc
BOARD_LIBCS    := picolibc
LIBRARIES      := libcairn.a regions/libcairn.a
LOCK           := -DCAIRN_PORT_DEFAULT='"riscv/mie.h"' $(if $(CEILING),-DCAIRN_CEILING=$(CEILING))# which mie.h refuses
# Packages.
PACKAGE_FOR    := RISC-V: malloc of picolibc
PACKAGE_PORT   := riscv/mie.h
NO_CEILING     := %
CPU_EXAMPLE    := -march=rv32imac -mabi=ilp32
# Rules that know nothing of Cortex-M; tests that are newlib's.
TEST_RULES     := $(addprefix tests/mk/,variants.mk stepping.mk riscv.mk)
NO_TESTS       := %/target/reent
# What counts instructions in tests/stepping.
CLOCK          := clock_riscv
