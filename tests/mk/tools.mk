# The host's programs behind tools/cairn: heap_run and fit, with the target's layout, for a 16-bit index, the same
# with granules of 16 bytes, and a 32-bit index.
#
# SPDX-License-Identifier: MIT
HEAP_RUN_PARTS := tools/heap_run.o bench/trace.o $(HOST_HEAP)
$(BUILD)/host/heap_run: $(HEAP_RUN_PARTS:%=$(BUILD)/host/fit-objects/%)
	$(Q)$(HOSTCC) -m32 $^ -o $@

# The same by other means, for tests of cairn view.
WALKED_PARTS := tests/tools/walked.o bench/replay.o bench/trace.o $(HOST_HEAP)
$(BUILD)/host/walked: $(WALKED_PARTS:%=$(BUILD)/host/fit-objects/%)
	$(Q)$(HOSTCC) -m32 $^ -o $@

#   $(1) folder   $(2) compiler flags
define heap_programs
$(BUILD)/host/$(1)/heap_run: $(HEAP_RUN_PARTS:%=$(BUILD)/host/$(1)/%)
	$(Q)$(HOSTCC) -m32 $$^ -o $$@
$(BUILD)/host/$(1)/fit: $(FIT_PARTS:%=$(BUILD)/host/$(1)/%)
	$(Q)$(HOSTCC) -m32 $$^ -lm -o $$@
$(BUILD)/host/$(1)/%.o: %.c $(MADE_BY) tests/mk/tools.mk
	$$(call cc,$(HOSTCC) -m32 -O2 $(2) $(HOST_CFLAGS))
endef
$(eval $(call heap_programs,coarse,-DCAIRN_GRANULE=16))
$(eval $(call heap_programs,wide,-DCAIRN_INDEX_BITS=32 -DFIT_MOST=0x1000000))

# A firmware that records its trace: by semihosting, and in a ring.
RECORDED_BOARDS := $(traced.BOARDS)
#   $(1) board
define recorded_image
$(BUILD)/$(1)/recorded/%.elf: private LINK_FLAGS = -Wl,--build-id -Wl,--defsym=_heap_size=8404
$(BUILD)/$(1)/recorded/%.elf: $(addprefix $(BUILD)/$(1)/traced/,extras/trace_%.o tests/tools/recorded.o tests/support/blocks.o libcairn.a) \
        $($(1)/traced.RUNTIME) $(call scripts,$(1))
	$$(call link,$(1))
# The same with calls, time and task.
$(BUILD)/$(1)/recorded/stacks.elf: private LINK_FLAGS = -Wl,--build-id -Wl,--defsym=_heap_size=8404
$(BUILD)/$(1)/recorded/stacks.elf: $(addprefix $(BUILD)/$(1)/contexts/,extras/trace_semihosting.o tests/tools/recorded.o tests/tools/context.o \
        tests/support/blocks.o libcairn.a) $($(1)/contexts.RUNTIME) $(call scripts,$(1))
	$$(call link,$(1))
endef
$(foreach b,$(RECORDED_BOARDS),$(eval $(call recorded_image,$b)))
check: $(foreach b,$(RECORDED_BOARDS),$(addprefix $(BUILD)/$b/recorded/,semihosting.elf ring.elf stacks.elf)) \
       $(addprefix $(BUILD)/host/,heap_run walked $(foreach f,coarse wide,$f/fit $f/heap_run))

# The page in a browser is apart: Chromium takes 350 MB.
.PHONY: test-view test-view-now
test-view: packages
	$(Q)tools/install-packages chromium fonts-dejavu-core librsvg2-bin
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) test-view-now
test-view-now: $(BUILD)/microbit/recorded/semihosting.elf $(addprefix $(BUILD)/host/,fit heap_run walked)
	$(Q)CROSS="$(CROSS)" PYTHON="$(PYTHON)" $(PYTHON) tests/tools/browser.py
