# The host's programs behind tools/cairn: heap_run and fit, with the target's layout, for a 16-bit index, the same
# with granules of 16 bytes, and a 32-bit index.
#
# SPDX-License-Identifier: MIT
HEAP_RUN_SOURCES := tools/heap_run.c bench/trace.c $(HEAP:%=allocator/%.c) port/host/port.c
$(BUILD)/host/heap_run: $(HEAP_RUN_SOURCES:%.c=$(BUILD)/host/fit-objects/%.o)
	$(Q)$(HOSTCC) -m32 $^ -o $@

# The same by other means, for tests of cairn view.
WALKED_SOURCES := tests/tools/walked.c bench/replay.c bench/trace.c $(HEAP:%=allocator/%.c) port/host/port.c
$(BUILD)/host/walked: $(WALKED_SOURCES:%.c=$(BUILD)/host/fit-objects/%.o)
	$(Q)$(HOSTCC) -m32 $^ -o $@

#   $(1) folder   $(2) compiler flags
define heap_programs
$(BUILD)/host/$(1)/heap_run: $(HEAP_RUN_SOURCES:%.c=$(BUILD)/host/$(1)/%.o)
	$(Q)$(HOSTCC) -m32 $$^ -o $$@
$(BUILD)/host/$(1)/fit: $(FIT_SOURCES:%.c=$(BUILD)/host/$(1)/%.o)
	$(Q)$(HOSTCC) -m32 $$^ -lm -o $$@
$(BUILD)/host/$(1)/%.o: %.c $(MADE_BY) tests/tools.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) -m32 -O2 $(2) $(HOST_CFLAGS) -c $$< -o $$@
endef
$(eval $(call heap_programs,coarse,-DCAIRN_GRANULE=16))
$(eval $(call heap_programs,wide,-DCAIRN_INDEX_BITS=32 -DFIT_MOST=0x1000000))

# A firmware that records its trace: by semihosting, and in a ring. Its library is the one of watch.mk.
RECORDED_BOARDS := $(filter mps2-an385 mps2-an505 microbit,$(BOARDS))
RECORDED_PARTS  := tests/tools/recorded.o tests/blocks.o \
                   $(addprefix port/,cortex-m/startup.o cortex-m/semihosting.o newlib/syscalls.o) libcairn.a
define recorded_image
$(BUILD)/$(1)/recorded/%.elf: $(addprefix $(BUILD)/$(1)/traced/,port/cortex-m/trace_%.o $(RECORDED_PARTS)) \
        linker/sections.ld boards/$(1)/memory.ld
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld \
	    -Wl,--build-id -Wl,--defsym=_heap_size=8404 $$(filter %.o,$$^) $(BUILD)/$(1)/traced/libcairn.a -o $$@
endef
$(foreach b,$(RECORDED_BOARDS),$(eval $(call recorded_image,$b)))
check: $(foreach b,$(RECORDED_BOARDS),$(addprefix $(BUILD)/$b/recorded/,semihosting.elf ring.elf)) \
       $(addprefix $(BUILD)/host/,heap_run walked $(foreach f,coarse wide,$f/fit $f/heap_run))

# The page in a browser is apart: Chromium takes 350 MB.
.PHONY: test-view test-view-now
test-view: packages
	$(Q)tools/install-packages chromium fonts-dejavu-core librsvg2-bin
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) test-view-now
test-view-now: $(BUILD)/microbit/recorded/semihosting.elf $(addprefix $(BUILD)/host/,fit heap_run walked)
	$(Q)CROSS="$(CROSS)" PYTHON="$(PYTHON)" $(PYTHON) tests/tools/browser.py
