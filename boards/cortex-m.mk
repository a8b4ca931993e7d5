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
# What counts instructions in tests/stepping.
CLOCK          := clock
# The lock, if neither OPT nor a header of options names another one (CAIRN_PORT_HEADER). CEILING=0x50 takes BASEPRI.
LOCK          := $(if $(CEILING),-DCAIRN_PORT_DEFAULT='"cortex-m/basepri.h"' -DCAIRN_CEILING=$(CEILING),-DCAIRN_PORT_DEFAULT='"cortex-m/primask.h"')
