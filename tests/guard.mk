# The stack guard, on boards whose core has an MPU or a stack limit.
#
# SPDX-License-Identifier: MIT
GUARD_BOARDS := $(filter-out microbit,$(BOARDS))
$(foreach b,$(GUARD_BOARDS),$(eval $(BUILD)/$b/newlib/guard/recursion.elf: $(BUILD)/$b/port/cortex-m/stack_guard.o))
TARGET_TESTS += $(GUARD_BOARDS:%=$(BUILD)/%/newlib/guard/recursion.elf)
