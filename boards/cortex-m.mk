# What the boards with a Cortex-M have in common.
#
# SPDX-License-Identifier: MIT
# Those of tools/install-packages itself.
PACKAGES       :=
CROSS          ?= arm-none-eabi-
BOARD_EMULATOR := qemu-system-arm
STARTUP        := startup
PORT_PARTS     := calls stack_end
# The C libraries; that of the plain trees, build/<board>/; and those whose images are linked of these.
LIBCS          := newlib nano picolibc
BOARD_LIBC     := newlib
BOARD_LIBCS    := newlib nano
nano.LINK      := --specs=nano.specs -u _printf_float
LIBRARIES       = libcairn.a libcairn-sbrk.a $(if $(HAS_PICOLIBC),picolibc/libcairn.a) regions/libcairn.a
# Packages: what they are for, their files of port/ besides port.h, and the variants of the toolchain without BASEPRI.
PACKAGE_FOR    := Arm Cortex-M: malloc of newlib, newlib-nano and picolibc
PACKAGE_PORT   := $(addprefix cortex-m/,primask.h basepri.h ceiling.h) freertos/heap_cairn.c freertos/heap_cairn.h
NO_CEILING     := thumb/v6-m/% thumb/v8-m.base/%
CPU_EXAMPLE    := -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard
# What counts instructions in tests/stepping.
CLOCK          := clock
# The lock, if neither OPT nor a header of options names another one (CAIRN_PORT_HEADER). CEILING=0x50 takes BASEPRI.
LOCK          := $(if $(CEILING),-DCAIRN_PORT_DEFAULT='"cortex-m/basepri.h"' -DCAIRN_CEILING=$(CEILING),-DCAIRN_PORT_DEFAULT='"cortex-m/primask.h"')
