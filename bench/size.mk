# What the heap costs a firmware: the library of each core, as it is built for size and for speed, and what
# bench/size.py links of it.
# SIZE_CORES and SIZE_LEVELS may name fewer.
#
# SPDX-License-Identifier: MIT
SIZE_CORES  ?= cortex-m0 cortex-m3 cortex-m4
SIZE_LEVELS ?= -Os -O2
SIZE_FIXED  := -DCAIRN_HEAP_START=__heap_start -DCAIRN_HEAP_LIMIT=__heap_limit
# SIZE_OPTION is an option of the library; what it leaves is kept apart.
SIZE_FOLDER := size$(if $(SIZE_OPTION),$(shell printf %s '$(SIZE_OPTION)' | tr -c 'A-Za-z0-9' _))
# The ring is part of no archive: a library with CAIRN_TRACE=1 needs it.
SIZE_LINKED := libcairn.a bench/hello.o bench/libc-sbrk.o port/cortex-m/trace_ring.o

#   $(1) core   $(2) optimization   $(3) the board whose memory it has
define size_rules
$(call tree_rules,$(SIZE_FOLDER)/$(1)$(2),-mcpu=$(1) -mthumb $(SIZE_OPTION),$(NEWLIB_NAMES),newlib/syscalls,$(3))
$(call tree_rules,$(SIZE_FOLDER)/$(1)$(2)/fixed,-mcpu=$(1) -mthumb $(SIZE_OPTION) $(SIZE_FIXED),$(NEWLIB_NAMES),newlib/syscalls,$(3))
$(call tree_rules,$(SIZE_FOLDER)/$(1)$(2)/pico,-mcpu=$(1) -mthumb $(SIZE_OPTION) --specs=picolibc.specs,$(PICOLIBC_NAMES),,$(3))
SIZE_FILES += $(foreach t,$(1)$(2) $(1)$(2)/pico,$(SIZE_LINKED:%=$(BUILD)/$(SIZE_FOLDER)/$t/%) $$($(SIZE_FOLDER)/$t_RUNTIME)) \
              $(BUILD)/$(SIZE_FOLDER)/$(1)$(2)/fixed/libcairn.a
SIZE_TREES += $(1)/$(2)=$(3)=$(BUILD)/$(SIZE_FOLDER)/$(1)$(2)
endef
DEFAULT_OPT := $(OPT)
$(foreach o,$(SIZE_LEVELS),$(eval override OPT := $o)$(foreach c,$(SIZE_CORES),\
    $(if $(filter $($c_TREE),$(BOARDS)),$(eval $(call size_rules,$c,$o,$($c_TREE))))))
override OPT := $(DEFAULT_OPT)

.PHONY: size-files
size: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) size-files >&2
	$(Q)$(PYTHON) bench/size.py --cross $(CROSS) --link "$(FIRMWARE_LINK)" --jobs $(JOBS) \
	    $(if $(SIZE_OPTION),,--budget bench/size.budget) $(SIZE_TREES)
size-files: $(SIZE_FILES)
