# The stress test on every board; and once with the lock compiled out, where it must fail.
#
# SPDX-License-Identifier: MIT
TARGET_TESTS += $(foreach b,$(BOARDS),$(BUILD)/$b/newlib/stress/nested.elf)

LOCKED := $(LOCK)
LOCK   := -DCAIRN_LOCK_HEADER='"tests/stress/unlocked.h"' -I.
$(eval $(call tree_rules,mps2-an385/unlocked,$(mps2-an385_CPU),$(NEWLIB_NAMES),newlib/syscalls,mps2-an385))
$(eval $(call image_rules,mps2-an385/unlocked,unlocked,,mps2-an385))
LOCK   := $(LOCKED)
check: $(if $(filter mps2-an385,$(BOARDS)),$(BUILD)/mps2-an385/unlocked/stress/nested.elf)
