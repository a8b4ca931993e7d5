# Cairn beside the C libraries' own allocators, on the recorded programs: `make compare`. The code of each core runs on
# a board with RAM enough: a Cortex-M3 runs what is built for the Cortex-M0.
#
# SPDX-License-Identifier: MIT
COMPARE_CORES := cortex-m0 cortex-m3 cortex-m4
COMPARE_ON_cortex-m0 := mps2-an385
COMPARE_ON_cortex-m3 := mps2-an385
COMPARE_ON_cortex-m4 := mps2-an386

COMPARE_OBJECTS := libcairn.a bench/hello.o bench/target.o bench/target-cairn.o bench/libc-sbrk.o bench/trace.o \
                   bench/replay.o bench/meter.o extras/stack_paint.o extras/trace_ring.o
$(foreach c,$(COMPARE_CORES),$(eval $(call library,compare/$c,-mcpu=$c -mthumb,))$(eval $(call library,compare/$c/picolibc,-mcpu=$c -mthumb,picolibc)))

.PHONY: compare compare-files
compare: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) compare-files >&2
	$(Q)$(PYTHON) bench/compare.py --cross $(CROSS) --link "$(FIRMWARE_LINK)" --memory boards/mps2-an385/memory.ld \
	    --board mps2-an385 --libcs "$(LIBCS)" --startup $(STARTUP) --jobs $(JOBS) $(foreach c,$(COMPARE_CORES),--core $c=$(COMPARE_ON_$c)=$(BUILD)/compare/$c) $(TRACES) \
	    >$(BUILD)/compare/tables
	$(Q)$(if $(filter file,$(origin TRACES)),$(PYTHON) bench/figures.py put docs/quality.md "make compare" <$(BUILD)/compare/tables)
	@cat $(BUILD)/compare/tables
compare-files: $(foreach c,$(COMPARE_CORES),$(foreach t,compare/$c compare/$c/picolibc,$(COMPARE_OBJECTS:%=$(BUILD)/$t/%) $($t.RUNTIME)))
