# The painted stack: on all boards; with the guard, where there is one; and, since it is compiled with a
# firmware's own flags, with other optimizations than ours.
#
# SPDX-License-Identifier: MIT
PAINT_GUARD_BOARDS := $(filter-out microbit,$(BOARDS))
PAINT_OPT_BOARDS   := $(filter mps2-an385 microbit,$(BOARDS))
PAINT_OPTS         := O0 Os O3

#   $(1) board   $(2) optimization
define paint_rules
$(BUILD)/$(1)/paint-$(2)/%.o: port/cortex-m/%.c Makefile tests/paint.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) -$(2) $(CFLAGS_COMMON) -Iport/cortex-m -c $$< -o $$@
$(BUILD)/$(1)/newlib/paint/%-$(2).elf: $(BUILD)/$(1)/tests/paint/%.o $(BUILD)/$(1)/paint-$(2)/stack_paint.o \
        $(addprefix $(BUILD)/$(1)/tests/,tap.o tap-target.o) $($(1)_RUNTIME) $(BUILD)/$(1)/libcairn.a \
        linker/sections.ld boards/$(1)/memory.ld
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld $$(filter %.o,$$^) \
	    $(BUILD)/$(1)/libcairn.a -o $$@
endef
$(foreach b,$(PAINT_OPT_BOARDS),$(foreach o,$(PAINT_OPTS),$(eval $(call paint_rules,$b,$o))))
$(foreach b,$(BOARDS),$(foreach t,depth ranges guard,$(eval \
    $(BUILD)/$b/newlib/paint/$t.elf: $(BUILD)/$b/port/cortex-m/stack_paint.o)))
$(foreach b,$(PAINT_GUARD_BOARDS),$(eval $(BUILD)/$b/newlib/paint/guard.elf: $(BUILD)/$b/port/cortex-m/stack_guard.o))

TARGET_TESTS += $(foreach b,$(BOARDS),$(foreach t,depth ranges,$(BUILD)/$b/newlib/paint/$t.elf)) \
                $(PAINT_GUARD_BOARDS:%=$(BUILD)/%/newlib/paint/guard.elf) \
                $(foreach b,$(PAINT_OPT_BOARDS),$(PAINT_OPTS:%=$(BUILD)/$b/newlib/paint/depth-%.elf))
