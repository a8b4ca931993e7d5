# coverage.mk: how much of allocator/ the host's tests run, and of port/ those of boards. `make test` does not come here.
#
# SPDX-License-Identifier: MIT
COVERAGE_PACKAGES := clang-19 libclang-rt-19-dev llvm-19
.PHONY: coverage coverage-now coverage-boards
## coverage: lines, branches and MC/DC of allocator/ by the host's tests; functions and lines of port/ by the boards'
coverage: packages
	$(Q)tools/install-packages $(COVERAGE_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) COVERAGE=1 TEST_RULES="tests/mk/variants.mk tests/mk/watch.mk tests/mk/coverage.mk" coverage-now
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) BOARDS="$(COVERAGE_BOARDS)" coverage-boards

# ---- port/, on boards: what QEMU says was executed -------------------------------------------------
# One board of each core that has code of its own, and the folders of tests that need a board. The others add nothing
# to port/ but time.
COVERAGE_BOARDS  := mps2-an385 mps2-an505 netduinoplus2 microbit
COVERAGE_FOLDERS := callers ceiling counted figures foreign freertos guard libc paint psram rom sbrk sited target traced
COVERAGE_IMAGES   = $(filter $(BOARDS:%=$(BUILD)/%/newlib/cxx/%),$(COVERAGE_OF)) \
                    $(foreach i,$(COVERAGE_OF),$(if $(filter $(COVERAGE_FOLDERS),$(notdir $(patsubst %/,%,$(dir $i)))),$i))
COVERAGE_OF       = $(filter $(BOARDS:%=$(BUILD)/%/%),$(TARGET_TESTS))

coverage-boards:
	$(Q)$(MAKE) --no-print-directory all $(COVERAGE_IMAGES) >/dev/null
	$(Q)rm -rf $(BUILD)/executed && mkdir -p $(BUILD)/executed
	$(Q)EXECUTED=$(BUILD)/executed CROSS=$(CROSS) prove -Q -j$(JOBS) --failures --exec tests/run-one $(COVERAGE_IMAGES) \
	    tests/scripts/fatal.t
	$(Q)$(PYTHON) tests/scripts/target_coverage.py $(BUILD)/executed/*

# ---- allocator/, on the host: what clang's instrumentation counts ----------------------------------
# What is compiled of allocator/ depends on its options: a configuration is a choice of them. Each is built for
# 32 and for 64 bits and is to be covered by itself; but those where the heap is watched are taken together, for
# what only they have.

ifneq ($(COVERAGE),)
COVERAGE_CC      := clang-19
COVERAGE_CONFIGS := index-16 index-32 regions-16 regions-32 small clear $(WATCHED_ON_HOST)
index-16_FLAGS   := -O1
index-32_FLAGS   := -O1 -DCAIRN_INDEX_BITS=32
regions-16_FLAGS := -O1 -DCAIRN_REGIONS=1
regions-32_FLAGS := -O1 -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32
small_FLAGS      := -Os
clear_FLAGS      := -O1 -DPORT_MEMORY_IS_CLEAR=1
$(foreach w,$(WATCHED_ON_HOST),$(eval $w_FLAGS := -O1 $($w.FLAGS)))

# The folders of tests that a configuration runs.
$(foreach c,$(filter-out $(WATCHED_ON_HOST),$(COVERAGE_CONFIGS)),$(eval $c_TESTS := common fault host))
$(foreach c,$(filter regions-%,$(COVERAGE_CONFIGS)),$(eval $c_TESTS += regions host-regions))
$(foreach w,$(WATCHED_ON_HOST),$(eval $w_TESTS := $($w.TESTS)))
traced_TESTS += common fault

COVERAGE_PROFILE := -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fprofile-list=tests/coverage/without
COVERAGE_CFLAGS  := $(filter-out $(WARNINGS),$(HOST_CFLAGS)) -Werror
COVERAGE_SUPPORT := $(addprefix tests/,$(TEST_SHARED:%=support/%) support/tap-host coverage/profile) port/host/port port/host/calls

# A build of a configuration, and its test programs.
#   $(1) configuration   $(2) 32 or 64
define coverage_rules
$(BUILD)/coverage/$(1)/$(2)/allocator/%.o: allocator/%.c $(MADE_BY) tests/mk/coverage.mk tests/mk/watch.mk tests/coverage/without
	@mkdir -p $$(@D)
	$(Q)$(COVERAGE_CC) -m$(2) $($(1)_FLAGS) $(COVERAGE_PROFILE) $(COVERAGE_CFLAGS) -c $$< -o $$@
$(BUILD)/coverage/$(1)/$(2)/%.o: %.c $(MADE_BY) tests/mk/coverage.mk tests/mk/watch.mk
	@mkdir -p $$(@D)
	$(Q)$(COVERAGE_CC) -m$(2) $($(1)_FLAGS) -D_GNU_SOURCE $(COVERAGE_CFLAGS) -c $$< -o $$@

$(1)_$(2)_OBJECTS := $(addprefix $(BUILD)/coverage/$(1)/$(2)/,$(COVERAGE_SUPPORT:%=%.o) $(HEAP:%=allocator/%.o))
$(foreach k,$($(1)_TESTS),$(call coverage_programs,$(1),$(2),$k))
endef
#   $(3) folder of tests
define coverage_programs
$(BUILD)/coverage/$(1)/$(2)/bin/$(3)/%: $(BUILD)/coverage/$(1)/$(2)/tests/$(3)/%.o $$($(1)_$(2)_OBJECTS)
	@mkdir -p $$(@D)
	$(Q)$(COVERAGE_CC) -m$(2) $(COVERAGE_PROFILE) -Wl,--wrap=_exit $$^ -o $$@
COVERAGE_PROGRAMS += $(addprefix $(BUILD)/coverage/$(1)/$(2)/bin/$(3)/,$(call names,$(3)))

endef
$(foreach c,$(COVERAGE_CONFIGS),$(foreach w,32 64,$(eval $(call coverage_rules,$c,$w))))
COVERAGE_BUILDS   := $(foreach c,$(COVERAGE_CONFIGS),$c/32 $c/64)

COVERAGE_ARGS := $(foreach c,$(filter-out $(WATCHED_ON_HOST),$(COVERAGE_CONFIGS)),$c=$(BUILD)/coverage/$c) \
                 $(foreach c,$(WATCHED_ON_HOST),+watched=$(BUILD)/coverage/$c)

coverage-now: $(COVERAGE_PROGRAMS)
	$(Q)find $(BUILD)/coverage -name '*.profraw' -delete
	$(Q)prove -Q -j$(JOBS) --failures --exec tests/run-one $(COVERAGE_PROGRAMS)
	$(Q)for build in $(COVERAGE_BUILDS); do tests/coverage/export $(BUILD)/coverage/$$build || exit 1; done
	$(Q)$(PYTHON) tests/scripts/coverage.py tests/coverage/exceptions $(COVERAGE_ARGS)
endif
