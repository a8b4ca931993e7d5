# The library at -Os, where one copy of each step serves all: the same tests of behaviour and misuse, on
# a core with CLZ and on one without.
SMALL_BOARDS := $(filter mps2-an385 microbit,$(BOARDS))
FAST_OPT     := $(OPT)
OPT          := -Os
$(foreach b,$(SMALL_BOARDS),$(eval $(call tree_rules,$b/small,$($b_CPU),$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(SMALL_BOARDS),$(eval $(call image_rules,$b/small,small,,$b)))
OPT          := $(FAST_OPT)

TARGET_TESTS += $(foreach b,$(SMALL_BOARDS),$(foreach k,common fault,$(patsubst %,$(BUILD)/$b/small/$k/%.elf,$(call names,$k))))
