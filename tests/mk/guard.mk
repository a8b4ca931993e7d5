# The stack guard, on boards whose core has an MPU or a stack limit.
#
# SPDX-License-Identifier: MIT
GUARD_BOARDS := $(call having,mpu msplim)
$(foreach b,$(GUARD_BOARDS),$(eval $(BUILD)/$b/newlib/guard/recursion.elf: $(BUILD)/$b/extras/stack_guard.o))
TARGET_TESTS += $(GUARD_BOARDS:%=$(BUILD)/%/newlib/guard/recursion.elf)
