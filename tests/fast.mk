# The library at -O2: the same tests of behaviour and misuse, on a core with CLZ and on one without.
#
# SPDX-License-Identifier: MIT
FAST_BOARDS := $(filter mps2-an385 microbit,$(BOARDS))
DEFAULT_OPT  := $(OPT)
OPT          := -O2
$(foreach b,$(FAST_BOARDS),$(eval $(call tree_rules,$b/fast,$($b_CPU),$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(FAST_BOARDS),$(eval $(call image_rules,$b/fast,fast,,$b)))
OPT          := $(DEFAULT_OPT)

TARGET_TESTS += $(foreach b,$(FAST_BOARDS),$(foreach k,common fault,$(patsubst %,$(BUILD)/$b/fast/$k/%.elf,$(call names,$k))))
