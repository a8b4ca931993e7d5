# The painted stack: on all boards; with the guard, where there is one; and, since it is compiled with a
# firmware's own flags, with other optimizations than ours.
#
# SPDX-License-Identifier: MIT
PAINT_OPT_BOARDS := $(call among,mps2-an385 microbit)
PAINT_OPTS       := O0 Os O3

#   $(1) board   $(2) optimization
define paint_rules
$(BUILD)/$(1)/paint-$(2)/%.o: extras/%.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) -$(2) $(CFLAGS_COMMON) -Iextras)
$(BUILD)/$(1)/newlib/paint/%-$(2).elf: $(BUILD)/$(1)/tests/paint/%.o $(BUILD)/$(1)/paint-$(2)/stack_paint.o \
        $($(1).SUPPORT) $($(1).RUNTIME) $(BUILD)/$(1)/libcairn.a $(call scripts,$(1))
	$$(call link,$(1))
endef
$(foreach b,$(PAINT_OPT_BOARDS),$(foreach o,$(PAINT_OPTS),$(eval $(call paint_rules,$b,$o))))
$(foreach b,$(BOARDS),$(foreach t,depth ranges guard,$(eval $(BUILD)/$b/newlib/paint/$t.elf: $(BUILD)/$b/extras/stack_paint.o)))
$(foreach b,$(GUARD_BOARDS),$(eval $(BUILD)/$b/newlib/paint/guard.elf: $(BUILD)/$b/extras/stack_guard.o))

TARGET_TESTS += $(foreach b,$(BOARDS),$(foreach t,depth ranges,$(BUILD)/$b/newlib/paint/$t.elf)) \
                $(GUARD_BOARDS:%=$(BUILD)/%/newlib/paint/guard.elf) \
                $(foreach b,$(PAINT_OPT_BOARDS),$(PAINT_OPTS:%=$(BUILD)/$b/newlib/paint/depth-%.elf))
