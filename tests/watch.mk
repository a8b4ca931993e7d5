# The heap watched, one library a combination of options: with CAIRN_CHECK=2 tests/guarded runs over it,
# with counts and sites tests/counted, with a trace tests/traced. What a trace and counts leave as it is
# is tested by tests/common and tests/fault; with CAIRN_CHECK=2 all misuse of tests/fault is found, too.
guarded_OPTIONS := -DCAIRN_CHECK=2 -DCAIRN_REGIONS=1
counted_OPTIONS := -DCAIRN_STATS=1 -DCAIRN_SITES=16
traced_OPTIONS  := -DCAIRN_STATS=1 -DCAIRN_TRACE=1
WATCHED         := guarded counted traced

WATCH_BOARDS := $(filter mps2-an385 mps2-an505 microbit,$(BOARDS))
$(foreach w,$(WATCHED),$(foreach b,$(WATCH_BOARDS),$(eval $(call tree_rules,$b/$w,$($b_CPU) $($w_OPTIONS),$(NEWLIB_NAMES),newlib/syscalls,$b))))
$(foreach w,$(WATCHED),$(foreach b,$(WATCH_BOARDS),$(eval $(call image_rules,$b/$w,$w,,$b))))
TARGET_TESTS += $(foreach w,$(WATCHED),$(foreach b,$(WATCH_BOARDS),$(patsubst %,$(BUILD)/$b/$w/$w/%.elf,$(call names,$w))))

$(foreach w,$(WATCHED),$(eval 32-$w_FLAGS := -m32 $($w_OPTIONS))$(eval $(call host_rules,32-$w)))
$(foreach w,$(WATCHED),$(eval wide-$w_FLAGS := -DCAIRN_INDEX_BITS=32 $($w_OPTIONS))$(eval $(call host_rules,wide-$w)))
HOST_TESTS += $(foreach w,$(WATCHED),$(foreach l,32-$w wide-$w,$(patsubst %,$(BUILD)/host/$l/bin/$w/%,$(call names,$w)))) \
              $(foreach k,common fault,$(patsubst %,$(BUILD)/host/32-traced/bin/$k/%,$(call names,$k)))
