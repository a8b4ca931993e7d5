# The fuzzers of tests/fuzz: make fuzz runs them; make test gives them the inputs of their corpus again,
# which needs no fuzzer. Both with regions, AddressSanitizer and UndefinedBehaviorSanitizer.
#
# SPDX-License-Identifier: MIT
FUZZERS  := program damage
FUZZ_CC  ?= clang-19
SECONDS  ?= 60
FUZZ_SOURCES := $(HEAP:%=allocator/%.c) port/host/port.c tests/support/blocks.c tests/support/tap.c tests/support/tap-host.c \
                $(addprefix tests/fuzz/,fuzz.c model.c guarded.c)

# Where a corrupt map makes blocks overlap, realloc copies within itself, which does no harm by itself.
FUZZ_CFLAGS := -fno-omit-frame-pointer -D_DEFAULT_SOURCE -DCAIRN_REGIONS=1 -Dmemcpy=memmove

# What looks at every byte after every call is no part of what is tested: it is compiled to be fast.
FUZZ_LOOKERS := tests/support/blocks.o tests/fuzz/model.o

# These compare each bit of the map: what with, the fuzzers need not know, and go twice as fast.
FUZZ_CHECKS  := allocator/core/inspect.o allocator/core/check_step.o

# A fuzzer begins anew with each input, for which a static variable of the heap has to be known to it.
FUZZ_GLOBALIZE := objcopy --globalize-symbol=cairn_first_region

#   $(1) its folder under build/   $(2) the compiler   $(3) sanitizers   $(4) further flags for FUZZ_CHECKS
define fuzz_objects
$(BUILD)/$(1)/%.o: %.c $(MADE_BY) tests/mk/fuzz.mk
	@mkdir -p $$(@D)
	$(Q)$(2) $(FUZZ_CFLAGS) $(HOST_CFLAGS) $$(if $$(filter $(FUZZ_LOOKERS),$$*.o),-O2,-O1 $(3)) \
	    $$(if $$(filter $(FUZZ_CHECKS),$$*.o),$(4)) -c $$< -o $$@
	$$(if $$(filter %/regions.o,$$@),$(Q)$(FUZZ_GLOBALIZE) $$@)
endef

# Each input of the corpus again, in the target's layout and with the 32-bit index.
replay-32.FLAGS      := -m32
replay-64-wide.FLAGS := -DCAIRN_INDEX_BITS=32
define replay_rules
$(call fuzz_objects,host/replay/$(1),$(HOSTCC) $(replay-$(1).FLAGS),$(SANITIZE))
$(FUZZERS:%=$(BUILD)/host/replay/$(1)/%): $(BUILD)/host/replay/$(1)/%: $(BUILD)/host/replay/$(1)/tests/fuzz/%.o \
        $(patsubst %.c,$(BUILD)/host/replay/$(1)/%.o,$(FUZZ_SOURCES) tests/fuzz/replay.c)
	$(Q)$(HOSTCC) $(SANITIZE) $(replay-$(1).FLAGS) $$^ -o $$@
endef
$(foreach l,32 64-wide,$(eval $(call replay_rules,$l)))
HOST_TESTS += $(foreach l,32 64-wide,$(FUZZERS:%=$(BUILD)/host/replay/$l/%))

FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
$(eval $(call fuzz_objects,fuzz,$(FUZZ_CC) -m32,$(FUZZ_SANITIZE),-fno-sanitize-coverage=trace-cmp))
$(FUZZERS:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: $(FUZZ_SOURCES:%.c=$(BUILD)/fuzz/%.o) $(BUILD)/fuzz/tests/fuzz/%.o
	$(Q)$(FUZZ_CC) -m32 -fsanitize=fuzzer,address,undefined $^ -o $@

.PHONY: fuzz fuzz-now fuzz-packages fuzz-corpus $(FUZZERS:%=fuzz-%)
## fuzz: look for inputs that break the heap, SECONDS with each fuzzer; what is found stays in build/fuzz/
fuzz: fuzz-packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(FUZZERS:%=$(BUILD)/fuzz/%)
	$(Q)$(MAKE) --no-print-directory -j$(words $(FUZZERS)) --output-sync=target fuzz-now
fuzz-packages: packages
	$(Q)tools/install-packages clang-19 libclang-rt-19-dev lib32stdc++-12-dev
fuzz-now: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/fuzz/%
	@mkdir -p $(BUILD)/fuzz/corpus/$*
	$(Q)$(PYTHON) tests/fuzz/corpus.py unpack tests/fuzz/$*.corpus $(BUILD)/fuzz/seeds/$*
	$< -max_total_time=$(SECONDS) -max_len=600 -timeout=20 -print_final_stats=1 -verbosity=0 \
	    -artifact_prefix=$(BUILD)/fuzz/$*- $(BUILD)/fuzz/corpus/$* $(BUILD)/fuzz/seeds/$*

# Take what was found into the corpora, and leave out what covers nothing by itself.
fuzz-corpus: $(FUZZERS:%=$(BUILD)/fuzz/%)
	$(Q)for fuzzer in $(FUZZERS); do \
	    rm -rf $(BUILD)/fuzz/merged && mkdir -p $(BUILD)/fuzz/merged $(BUILD)/fuzz/corpus/$$fuzzer && \
	    $(PYTHON) tests/fuzz/corpus.py unpack tests/fuzz/$$fuzzer.corpus $(BUILD)/fuzz/seeds/$$fuzzer && \
	    $(BUILD)/fuzz/$$fuzzer -set_cover_merge=1 -verbosity=0 $(BUILD)/fuzz/merged \
	        $(BUILD)/fuzz/corpus/$$fuzzer $(BUILD)/fuzz/seeds/$$fuzzer && \
	    $(PYTHON) tests/fuzz/corpus.py pack $(BUILD)/fuzz/merged tests/fuzz/$$fuzzer.corpus || exit 1; \
	done
