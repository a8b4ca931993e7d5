# What the heap costs a firmware: the library of each core, as it is built for size and for speed, and what
# bench/size.py links of it.
# SIZE_CORES and SIZE_LEVELS may name fewer. A core is a Cortex-M, or a board of RISC-V.
#
# SPDX-License-Identifier: MIT
SIZE_CORES  ?= $(if $(filter riscv,$(ARCH)),$(BOARD),cortex-m0 cortex-m3 cortex-m4)
SIZE_LEVELS ?= -Os -O2
SIZE_LIBCS  := $(BOARD_LIBC) $(filter-out $(BOARD_LIBC),$(LIBCS))
SIZE_FIXED  := -DCAIRN_HEAP_START=__heap_start -DCAIRN_HEAP_LIMIT=__heap_limit
# SIZE_OPTION is an option of the library; what it leaves is kept apart.
SIZE_FOLDER := size$(if $(SIZE_OPTION),$(shell printf %s '$(SIZE_OPTION)' | tr -c 'A-Za-z0-9' _))
# The ring is part of no archive: a library with CAIRN_TRACE=1 needs it.
SIZE_LINKED := libcairn.a bench/hello.o bench/libc-sbrk.o extras/trace_ring.o

# The variants of a level: as it is, with fixed ends of the region, and for picolibc.
$(foreach o,$(SIZE_LEVELS),$(foreach v,size$o size$o-fixed size$o-picolibc,$(eval $v.OPT := $o)$(eval $v.FLAGS := $(SIZE_OPTION))) \
    $(eval size$o-fixed.FLAGS += $(SIZE_FIXED))$(eval size$o-picolibc.LIBC := picolibc))
size_board = $(or $($(1).BOARD),$(1))
size_cpu   = $(or $($(1).CPU),-mcpu=$(1) -mthumb)
#   $(1) core   $(2) optimization   $(3) its folder   $(4) its flags
define size_rules
$(call library,$(3),$(4),size$(2))
$(call library,$(3)/fixed,$(4),size$(2)-fixed)
$(call library,$(3)/picolibc,$(4),size$(2)-picolibc)
SIZE_FILES += $(foreach t,$(3) $(3)/picolibc,$(SIZE_LINKED:%=$(BUILD)/$t/%) $$($t.RUNTIME)) $(BUILD)/$(3)/fixed/libcairn.a
SIZE_TREES += "$(1)/$(2)=$(call size_board,$(1))=$(BUILD)/$(3)=$(4)"
endef
$(foreach o,$(SIZE_LEVELS),$(foreach c,$(SIZE_CORES),$(if $(call among,$(call size_board,$c)),$(eval $(call size_rules,$c,$o,$(SIZE_FOLDER)/$c$o,$(call size_cpu,$c))))))

.PHONY: size-files
size: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) size-files >&2
	$(Q)$(PYTHON) bench/size.py --cross $(CROSS) --link "$(FIRMWARE_LINK)" --jobs $(JOBS) --libcs "$(SIZE_LIBCS)" --startup $(STARTUP) \
	    $(if $(SIZE_OPTION),,--budget bench/size.budget) $(SIZE_TREES)
size-files: $(SIZE_FILES)
