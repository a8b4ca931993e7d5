# The lock by BASEPRI has a library of its own, for every core that has the register.
#
# SPDX-License-Identifier: MIT
CEILING_BOARDS := $(filter-out microbit,$(BOARDS))
PRIMASK_LOCK   := $(LOCK)
LOCK           := -DCAIRN_LOCK_HEADER='"cortex-m/basepri.h"' -DCAIRN_CEILING=0x80 -iquote allocator
$(foreach b,$(CEILING_BOARDS),$(eval $(call tree_rules,$b/basepri,$($b_CPU),$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(CEILING_BOARDS),$(eval $(call image_rules,$b/basepri,ceiling,,$b)))
LOCK           := $(PRIMASK_LOCK)

TARGET_TESTS += $(foreach b,$(CEILING_BOARDS),$(patsubst %,$(BUILD)/$b/ceiling/ceiling/%.elf,$(call names,ceiling)))
