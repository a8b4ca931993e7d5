# mutants.mk: single changes of allocator/, and which of them the host's tests notice. `make test` does not come here;
# tests/scripts/mutants.t tests the tool.
#
# A configuration is a choice of options, with the folders of tests that run over it. The heap is a shared library, so
# that for a change one file is compiled and one library linked, under programs that stay as they are. None of the
# first ones has sanitizers: those, the fuzzers' corpora and the explorations come last, for what all others let pass.
#
# SPDX-License-Identifier: MIT
MUTANTS := $(BUILD)/mutants
MUTANTS_WATCHED := $(WATCHED_ON_HOST:%=32-%) $(addprefix wide-,guarded held counted sited traced) 64-guarded
MUTANTS_CONFIGS := 32 64 64-wide 32-regions wide-regions $(MUTANTS_WATCHED) small clear fuzz-32 fuzz-wide explore-32 explore-wide 32-sanitized wide-regions-sanitized 32-guarded-sanitized \
                   32-chained-sanitized 32-traced-sanitized 32-contexts-sanitized fuzz-32-sanitized

mutants-32_FLAGS           = -m32
mutants-64_FLAGS           = -DBITS_TABLE=1
mutants-64-wide_FLAGS      = -DCAIRN_INDEX_BITS=32
mutants-32-regions_FLAGS   = $(32-regions.FLAGS)
mutants-wide-regions_FLAGS = $(64-wide-regions.FLAGS)
mutants-64-guarded_FLAGS   = $(guarded.FLAGS)
mutants-small_FLAGS        = -m32 -Os
mutants-clear_FLAGS        = -DPORT_MEMORY_IS_CLEAR=1
mutants-fuzz-32_FLAGS      = -m32 $(FUZZ_CFLAGS)
mutants-fuzz-wide_FLAGS    = -DCAIRN_INDEX_BITS=32 $(FUZZ_CFLAGS)
mutants-explore-32_FLAGS   = -m32 -O2
mutants-explore-wide_FLAGS = -O2 -DCAIRN_INDEX_BITS=32
$(foreach w,$(WATCHED_ON_HOST),$(eval mutants-32-$w_FLAGS = -m32 $$($w.FLAGS)) \
    $(eval mutants-wide-$w_FLAGS = -DCAIRN_INDEX_BITS=32 $$($w.FLAGS)) \
    $(foreach l,32 wide,$(eval mutants-$l-$w_TESTS = $$($w.TESTS))))

mutants-32_TESTS           := common fault host
mutants-64_TESTS           := common host
mutants-64-wide_TESTS      := common fault host
mutants-32-regions_TESTS   := regions host-regions
mutants-wide-regions_TESTS := regions host host-regions
mutants-64-guarded_TESTS   := guarded
mutants-small_TESTS        := common fault
mutants-clear_TESTS        := common host
mutants-fuzz-32_TESTS      := fuzz
mutants-fuzz-wide_TESTS    := fuzz
mutants-explore-32_TESTS   := exhaustive
mutants-explore-wide_TESTS := exhaustive
mutants-32-traced_TESTS    := traced common fault host

# The same as another one, with sanitizers.
MUTANTS_SANITIZED := $(filter %-sanitized,$(MUTANTS_CONFIGS))
$(foreach c,$(MUTANTS_SANITIZED),$(eval mutants-$c_PLAIN := $(c:%-sanitized=%)) \
    $(eval mutants-$c_FLAGS = $$(mutants-$(c:%-sanitized=%)_FLAGS) $$(SANITIZE))$(eval mutants-$c_TESTS := $(mutants-$(c:%-sanitized=%)_TESTS)))

# ---- Compiling: by make what is unchanged, and by the tool what is not --------------------------------
MUTANTS_FLAGS  = -w -O1 -fPIC $(filter-out -g -MMD -MP $(WARNINGS),$(HOST_CFLAGS))
mutants_cc     = $(HOSTCC) $(MUTANTS_FLAGS) $(mutants-$(1)_FLAGS)
# The explorer knows the family by both names, and is optimized as a whole.
MUTANTS_EXPLORER = -std=c11 -w -O2 -fPIC -D_GNU_SOURCE -DSHORT_CAPACITY=8 $(TEST_SEES) -Iport/host
mutants_test_cc = $(if $(filter exhaustive,$(mutants-$(1)_TESTS)), \
                      $(HOSTCC) $(MUTANTS_EXPLORER) $(filter-out -O%,$(mutants-$(1)_FLAGS)),$(mutants_cc) -D_GNU_SOURCE)
mutants_link   = $(HOSTCC) $(filter -m32 -fsanitize=%,$(mutants-$(1)_FLAGS))
mutants_after  = $(if $(filter fuzz,$(mutants-$(1)_TESTS)),$(FUZZ_GLOBALIZE))
MUTANTS_HEAP   := $(HEAP:%=allocator/%.c)

# What each program of a folder is made of, besides its own source.
mutants_parts  = $(if $(filter fuzz,$(2)),$(filter-out allocator/%,$(FUZZ_SOURCES)) \
                     tests/fuzz/replay.c $(if $(mutants-$(1)_PLAIN),,tests/mutants/no_sanitizer.c), \
                 $(addprefix tests/support/,$(TEST_SHARED:%=%.c) tap-host.c) port/host/port.c port/host/calls.c)
# The random programs, which take longest, run in the target's layout and the host's.
mutants_names  = $(if $(filter fuzz,$(2)),$(FUZZERS),$(filter-out $(if $(filter-out 32 64-wide,$(1)),random),$(call names,$(2))))
MUTANTS_EXPLORE := $(EXHAUSTIVE_EXPLORER:%=%.c) $(EXHAUSTIVE_COMMON:%=%.c) port/host/port.c
MUTANTS_ARITHMETIC := $(EXHAUSTIVE_ARITHMETIC:%=%.c) $(EXHAUSTIVE_COMMON:%=%.c) tests/support/fatal.c port/host/port.c

# A program: its path and sources.
#   $(1) configuration   $(2) path below its folder   $(3) sources
define mutants_program
mutants-$(1)_PROGRAMS += $(MUTANTS)/$(1)/bin/$(2)
mutants-$(1)_LINES += $$(MUTANTS_NEWLINE)program $(MUTANTS)/$(1)/bin/$(2) $(strip $(3))
$(MUTANTS)/$(1)/bin/$(2): $(patsubst %.c,$(MUTANTS)/$(1)/%.o,$(3)) $(MUTANTS)/$(1)/libheap.so
	@mkdir -p $$(@D)
	$(Q)$$(call mutants_link,$(1)) $$^ -o $$@

endef
define MUTANTS_NEWLINE


endef
define mutants_rules
$(MUTANTS)/$(1)/allocator/%.o: allocator/%.c $(MADE_BY) tests/mk/mutants.mk
	@mkdir -p $$(@D)
	$(Q)$$(call mutants_cc,$(1)) -MMD -MP -c $$< -o $$@
	$$(if $$(call mutants_after,$(1)),$(Q)$$(call mutants_after,$(1)) $$@)
$(MUTANTS)/$(1)/%.o: %.c $(MADE_BY) tests/mk/mutants.mk
	@mkdir -p $$(@D)
	$(Q)$$(call mutants_test_cc,$(1)) -MMD -MP -c $$< -o $$@
$(MUTANTS)/$(1)/libheap.so: $(MUTANTS_HEAP:%.c=$(MUTANTS)/$(1)/%.o)
	$(Q)$$(call mutants_link,$(1)) -shared -Wl,-soname,libheap.so -Wl,-Bsymbolic $$^ -o $$@
$(if $(filter exhaustive,$(mutants-$(1)_TESTS)),$(call mutants_program,$(1),exhaustive/arithmetic,$(MUTANTS_ARITHMETIC)) \
    $(if $(filter explore-32,$(1)),$(call mutants_program,$(1),exhaustive/explore,$(MUTANTS_EXPLORE))), \
    $(foreach k,$(mutants-$(1)_TESTS),$(foreach n,$(call mutants_names,$(1),$k),$(call mutants_program,$(1),$k/$n,tests/$k/$n.c $(call mutants_parts,$(1),$k)))))
endef

# Only where they are asked for: a thousand rules take a while to read.
ifneq ($(filter mutants%,$(MAKECMDGOALS)),)
$(foreach c,$(MUTANTS_CONFIGS),$(eval $(call mutants_rules,$c)))
endif

# What the tool is told of a configuration.
define mutants_told
configuration $(1)
compile $(call mutants_cc,$(1))
compile-tests $(call mutants_test_cc,$(1))
link $(call mutants_link,$(1))
after $(call mutants_after,$(1))
plain $(mutants-$(1)_PLAIN)
library $(MUTANTS)/$(1)/libheap.so $(MUTANTS_HEAP)$(mutants-$(1)_LINES)

endef

.PHONY: mutants mutants-now
## mutants: change allocator/ in one place at a time; which changes no test notices (FILES=, LINES=10-20, SAMPLE=100)
mutants: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) mutants-now
mutants-now: $(foreach c,$(MUTANTS_CONFIGS),$(mutants-$c_PROGRAMS))
	$(file >$(MUTANTS)/configurations,$(foreach c,$(MUTANTS_CONFIGS),$(call mutants_told,$c)))
	$(Q)$(PYTHON) tests/mutants/mutants.py --build $(MUTANTS) --jobs $(JOBS) --equivalent tests/mutants/equivalent \
	    $(if $(QUICK),--quick) $(if $(THOROUGH),--thorough) $(if $(LINES),--lines $(LINES)) $(if $(SAMPLE),--sample $(SAMPLE)) $(or $(FILES),$(sort $(wildcard allocator/*/*.[ch])))
