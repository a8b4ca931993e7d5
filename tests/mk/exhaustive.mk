# exhaustive.mk: every call from every state of a small heap, and every size through the arithmetic.
#
# Five builds of the heap. The first is the target's layout, "small" the same compiled for size.
#
# SPDX-License-Identifier: MIT
EXHAUSTIVE_LAYOUTS     := 32 64 64-wide 32-coarse 32-small
EXHAUSTIVE_32_FLAGS        := -m32 -O2
EXHAUSTIVE_64_FLAGS        := -O2 -DBITS_TABLE=1
EXHAUSTIVE_64-wide_FLAGS   := -O2 -DCAIRN_INDEX_BITS=32
EXHAUSTIVE_32-coarse_FLAGS := -m32 -O2 -DCAIRN_GRANULE=16
EXHAUSTIVE_32-small_FLAGS  := -m32 -Os
# Granules of the heap in `make test`: twelve, once.
EXHAUSTIVE_32_SHORT      := 12

# The explorer is optimized as a whole; the heap is compiled as the tests of the host compile it.
EXHAUSTIVE_HEAP   := $(HOST_HEAP:.o=)
EXHAUSTIVE_COMMON := $(addprefix tests/support/,tap tap-host)
EXHAUSTIVE_EXPLORER := $(addprefix tests/exhaustive/,state model image states private system trial check damage explore main)
EXHAUSTIVE_ARITHMETIC := $(addprefix tests/exhaustive/,words bins ranges sizes)

#   $(1) layout
define exhaustive_rules
$(BUILD)/exhaustive/$(1)/%.o: %.c $(MADE_BY) tests/mk/exhaustive.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $$(EXHAUSTIVE_$(1)_FLAGS) -fno-pie $(HOST_CFLAGS) -c $$< -o $$@
$(BUILD)/exhaustive/$(1)/tests/exhaustive/%.o: tests/exhaustive/%.c $(MADE_BY) tests/mk/exhaustive.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $$(EXHAUSTIVE_$(1)_FLAGS) -O2 -flto -fno-pie -D_GNU_SOURCE \
	    -DSHORT_CAPACITY=$$(or $$(EXHAUSTIVE_$(1)_SHORT),10) $(CFLAGS_COMMON) $(TEST_SEES) -Iport/host -c $$< -o $$@
# What explores, as one object: tests/exhaustive/faults.t links it with heaps that have a fault.
$(BUILD)/exhaustive/$(1)/explorer.o: $(EXHAUSTIVE_EXPLORER:%=$(BUILD)/exhaustive/$(1)/%.o)
	$(Q)$(HOSTCC) $$(EXHAUSTIVE_$(1)_FLAGS) -O2 -flto -fno-pie -r -flinker-output=nolto-rel $$^ -o $$@
$(BUILD)/exhaustive/$(1)/arithmetic.o: $(EXHAUSTIVE_ARITHMETIC:%=$(BUILD)/exhaustive/$(1)/%.o)
	$(Q)$(HOSTCC) $$(EXHAUSTIVE_$(1)_FLAGS) -O2 -flto -fno-pie -r -flinker-output=nolto-rel $$^ -o $$@
$(BUILD)/exhaustive/$(1)/explore: $(BUILD)/exhaustive/$(1)/explorer.o
$(BUILD)/exhaustive/$(1)/arithmetic: $(BUILD)/exhaustive/$(1)/arithmetic.o $(BUILD)/exhaustive/$(1)/tests/support/fatal.o
$(BUILD)/exhaustive/$(1)/explore $(BUILD)/exhaustive/$(1)/arithmetic: \
        $(addprefix $(BUILD)/exhaustive/$(1)/,$(addsuffix .o,$(EXHAUSTIVE_HEAP) $(EXHAUSTIVE_COMMON)))
	$(Q)$(HOSTCC) $$(EXHAUSTIVE_$(1)_FLAGS) -no-pie $$^ -o $$@
endef
$(foreach l,$(EXHAUSTIVE_LAYOUTS),$(eval $(call exhaustive_rules,$l)))

EXHAUSTIVE_PROGRAMS := $(foreach l,$(EXHAUSTIVE_LAYOUTS),$(addprefix $(BUILD)/exhaustive/$l/,explore arithmetic))
HOST_TESTS   := $(EXHAUSTIVE_PROGRAMS) $(HOST_TESTS)
SCRIPT_TESTS += tests/exhaustive/faults.t

## exhaustive: every call from every state of a small heap, and every size: half an hour on two cores
.PHONY: exhaustive
exhaustive: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(EXHAUSTIVE_PROGRAMS) >&2
	$(Q)tests/exhaustive/run $(JOBS)
