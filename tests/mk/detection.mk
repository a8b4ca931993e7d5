# The detection matrix: what the library finds, and when, of all that can be done to a heap
# (docs/detection.md). On the host, in the target's layout; the allocator reports each of its loads and
# stores to the test (tests/detection/watch.c).
#
# SPDX-License-Identifier: MIT
DETECTION_LAYOUTS := 32 64 64-wide 32-coarse 32-small 32-guarded 64-wide-guarded 32-small-guarded
detection-32.FLAGS       := -m32 -O1
detection-64.FLAGS       := -O1
detection-64-wide.FLAGS  := -O1 -DCAIRN_INDEX_BITS=32
detection-32-coarse.FLAGS := -m32 -O1 -DCAIRN_GRANULE=16
detection-32-small.FLAGS := -m32 -Os
$(foreach l,32 64-wide 32-small,$(eval detection-$l-guarded.FLAGS := $(detection-$l.FLAGS) -DCAIRN_CHECK=2))
DETECTION_SEES := -fsanitize=kernel-address $(foreach f,memcpy memmove memset,-D$f=watched_$f)

DETECTION_SOURCES := $(wildcard tests/detection/*.c) $(addprefix tests/support/,$(TEST_SHARED:%=%.c) tap-host.c) port/host/port.c
define detection_rules
$(BUILD)/host/detection/$(1)/allocator/%.o: allocator/%.c $(MADE_BY) tests/mk/detection.mk
	$$(call cc,$(HOSTCC) $(detection-$(1).FLAGS) -fno-pie $(HOST_CFLAGS) $(DETECTION_SEES))
$(BUILD)/host/detection/$(1)/%.o: %.c $(MADE_BY) tests/mk/detection.mk
	$$(call cc,$(HOSTCC) $(detection-$(1).FLAGS) -O2 -fno-pie $(HOST_CFLAGS))
$(BUILD)/host/detection/$(1)/allocator.o: tests/detection/state.ld $(HEAP:%=$(BUILD)/host/detection/$(1)/allocator/%.o)
	$(Q)$(HOSTCC) $(detection-$(1).FLAGS) -r -nostdlib -Wl,-T,$$^ -o $$@
$(BUILD)/host/detection/$(1)/matrix: $(BUILD)/host/detection/$(1)/allocator.o $(DETECTION_SOURCES:%.c=$(BUILD)/host/detection/$(1)/%.o)
	$(Q)$(HOSTCC) $(detection-$(1).FLAGS) -no-pie $$^ -o $$@
endef
$(foreach l,$(DETECTION_LAYOUTS),$(eval $(call detection_rules,$l)))

# tests/scripts/detection.t runs them.
check: $(DETECTION_LAYOUTS:%=$(BUILD)/host/detection/%/matrix)

.PHONY: matrix matrix-now
## matrix: try every damage and every wrong pointer on heaps of many shapes; the table of docs/detection.md
matrix: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) matrix-now
matrix-now: $(BUILD)/host/detection/level-1 $(BUILD)/host/detection/level-2
	$(Q)$(PYTHON) tests/detection/table.py 1=$< 2=$(BUILD)/host/detection/level-2 >$(BUILD)/host/detection/table
	$(Q)$(PYTHON) bench/figures.py put docs/detection.md "make matrix" <$(BUILD)/host/detection/table
	@cat $(BUILD)/host/detection/table
$(BUILD)/host/detection/level-1: $(BUILD)/host/detection/32/matrix
$(BUILD)/host/detection/level-2: $(BUILD)/host/detection/32-guarded/matrix
$(BUILD)/host/detection/level-1 $(BUILD)/host/detection/level-2:
	$(Q)$< > $@
