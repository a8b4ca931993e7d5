# lib.mk: the library for one core, given by its compiler flags. Needs make and the cross compiler, and no other tool.
#
# SPDX-License-Identifier: MIT

# A library for newlib serves newlib-nano as well.
LIBC     ?= $(BOARD_LIBC)
lib.LIBC := $(if $(filter nano,$(LIBC)),newlib,$(LIBC))

# Private heaps alone: no name of the malloc family, so that malloc() stays the C library's.
HEAP_ALONE := allocator/core/heap allocator/core/start allocator/core/private allocator/core/inspect \
              allocator/core/check_step port/common/fatal
#   $(1) the tree
define heap_alone
$(BUILD)/$(1)/libcairn-heap.a: $(HEAP_ALONE:%=$(BUILD)/$(1)/%.o)
	$$(archive)
endef
# At level 2 private heaps are guarded by the code that guards malloc(). picolibc's malloc() has a lock of its own.
heap_library = $(if $(findstring CAIRN_CHECK=2,$(OPT)),,libcairn-heap.a)
libraries    = libcairn.a $(if $(filter picolibc,$(1)),,libcairn-sbrk.a) $(heap_library)

$(eval $(call library,lib,$(CPU),lib))
$(eval $(call heap_alone,lib))

.PHONY: lib
## lib: build/lib/libcairn.a for one core: CPU="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard", OPT, LIBC=picolibc, CROSS
lib: $(addprefix $(BUILD)/lib/,$(call libraries,$(lib.LIBC)))

ifneq ($(filter lib,$(MAKECMDGOALS)),)
ifeq ($(strip $(CPU)),)
$(error make lib builds for one core. Give its flags as your firmware does: make lib CPU="$(CPU_EXAMPLE)")
endif
ifeq ($(filter $(LIBCS),$(LIBC)),)
$(error LIBC must be one of: $(LIBCS))
endif
endif
ifneq ($(filter lib dist deb install,$(MAKECMDGOALS)),)
ifeq ($(shell command -v $(CROSS)gcc),)
$(error There is no $(CROSS)gcc. Install the toolchain, or give its path: CROSS=/opt/toolchain/bin/$(notdir $(CROSS)))
endif
endif
# A package has what there is, for newlib at least; where that is not a choice, it needs picolibc.
ifneq ($(filter picolibc,$(if $(filter lib,$(MAKECMDGOALS)),$(lib.LIBC)) $(if $(filter dist deb install,$(MAKECMDGOALS)),$(BOARD_LIBC))),)
ifeq ($(HAS_PICOLIBC),)
$(error $(CROSS)gcc has no picolibc.specs: install picolibc for it$(if $(filter newlib,$(LIBCS)), or build for newlib: LIBC=newlib))
endif
endif
