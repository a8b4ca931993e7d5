# The heap watched, one library a combination of options: with CAIRN_CHECK=2 tests/guarded runs over it,
# with counts and sites tests/counted and tests/sited, with a trace tests/traced; and on the host with sites
# alone tests/sited. What a trace and counts leave as it is is tested by tests/common and tests/fault; with
# CAIRN_CHECK=2 all misuse of tests/fault is found, too. tests/regions runs over each kind with regions.
#
# SPDX-License-Identifier: MIT
guarded_OPTIONS := -DCAIRN_CHECK=2 -DCAIRN_REGIONS=1
counted_OPTIONS := -DCAIRN_STATS=1 -DCAIRN_SITES=16
traced_OPTIONS  := -DCAIRN_STATS=1 -DCAIRN_TRACE=1
sited_OPTIONS   := -DCAIRN_SITES=16
# With regions as well. There a cache line is as short as can be, a granule.
counted-regions_OPTIONS := $(counted_OPTIONS) -DCAIRN_REGIONS=1 -DCAIRN_CACHE_LINE=CAIRN_GRANULE
traced-regions_OPTIONS  := $(traced_OPTIONS) -DCAIRN_REGIONS=1
WITH_REGIONS    := counted-regions traced-regions
# All at once.
all_OPTIONS     := -DCAIRN_CHECK=2 $(counted_OPTIONS) -DCAIRN_TRACE=1
WATCHED         := guarded counted traced
WATCHED_ON_HOST := $(WATCHED) sited $(WITH_REGIONS)
# The folders of tests that run over a library.
$(foreach w,$(WATCHED_ON_HOST),$(eval $w_TESTS := $w))
$(foreach w,$(WITH_REGIONS),$(eval $w_TESTS := regions))
counted_TESTS   += sited
guarded_TESTS   += regions

WATCH_BOARDS := $(filter mps2-an385 mps2-an505 microbit,$(BOARDS))
$(foreach w,$(WATCHED),$(foreach b,$(WATCH_BOARDS),$(eval $(call tree_rules,$b/$w,$($b_CPU) $($w_OPTIONS),$(NEWLIB_NAMES),newlib/syscalls,$b))))
$(foreach w,$(WATCHED),$(foreach b,$(WATCH_BOARDS),$(eval $(call image_rules,$b/$w,$w,,$b))))
TARGET_TESTS += $(foreach w,$(WATCHED),$(foreach b,$(WATCH_BOARDS),$(foreach k,$($w_TESTS),$(patsubst %,$(BUILD)/$b/$w/$k/%.elf,$(call names,$k)))))

WITH_REGIONS_BOARDS := $(filter mps2-an385,$(BOARDS))
$(foreach w,$(WITH_REGIONS),$(foreach b,$(WITH_REGIONS_BOARDS),$(eval $(call tree_rules,$b/$w,$($b_CPU) $($w_OPTIONS),$(NEWLIB_NAMES),newlib/syscalls,$b))))
$(foreach w,$(WITH_REGIONS),$(foreach b,$(WITH_REGIONS_BOARDS),$(eval $(call image_rules,$b/$w,$w,,$b))))
TARGET_TESTS += $(foreach w,$(WITH_REGIONS),$(foreach b,$(WITH_REGIONS_BOARDS),$(patsubst %,$(BUILD)/$b/$w/regions/%.elf,$(call names,regions))))

$(foreach w,$(WATCHED_ON_HOST),$(eval 32-$w_FLAGS := -m32 $($w_OPTIONS))$(eval $(call host_rules,32-$w)))
$(foreach w,$(WATCHED_ON_HOST),$(eval wide-$w_FLAGS := -DCAIRN_INDEX_BITS=32 $($w_OPTIONS))$(eval $(call host_rules,wide-$w)))
HOST_TESTS += $(foreach w,$(WATCHED_ON_HOST),$(foreach l,32-$w wide-$w,$(foreach k,$($w_TESTS),$(patsubst %,$(BUILD)/host/$l/bin/$k/%,$(call names,$k))))) \
              $(foreach k,common fault,$(patsubst %,$(BUILD)/host/32-traced/bin/$k/%,$(call names,$k)))

# Seen by an interrupt after every instruction: with counts and a trace, and with all at once. What is fatal then.
PREEMPTED_BOARDS := $(filter mps2-an385 microbit,$(BOARDS))
$(foreach b,$(PREEMPTED_BOARDS),$(eval $(call tree_rules,$b/all,$($b_CPU) $(all_OPTIONS),$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(PREEMPTED_BOARDS),$(eval $(call image_rules,$b/all,all,,$b)))
$(foreach b,$(PREEMPTED_BOARDS),$(foreach w,all traced,$(eval $(BUILD)/$b/$w/preempted/every_instruction.elf: $(BUILD)/$b/$w/tests/stepping/clock.o)))
TARGET_TESTS += $(foreach b,$(PREEMPTED_BOARDS),$(foreach w,all traced,$(BUILD)/$b/$w/preempted/every_instruction.elf)) \
                $(PREEMPTED_BOARDS:%=$(BUILD)/%/all/preempted/fatal_locked.elf)

# The firmwares of docs/debugging.md, each with the library that finds what is wrong with it;
# tests/scripts/debugging.t goes the documented way.
DEBUGGING := $(if $(filter mps2-an385,$(WATCH_BOARDS)),leak fragmentation overrun use_after_free)
leak_LIBRARY           := counted
fragmentation_LIBRARY  := counted
overrun_LIBRARY        := guarded
use_after_free_LIBRARY := guarded
fragmentation_LINK     := -Wl,--defsym=_heap_size=34K

#   $(1) name   $(2) the library's folder
define debugging_image
$(BUILD)/mps2-an385/debugging/$(1).elf: examples/debugging/$(1).c examples/debugging/report.c examples/debugging/report.h Makefile \
        $(BUILD)/mps2-an385/$(2)/libcairn.a $$(mps2-an385_RUNTIME) linker/sections.ld boards/mps2-an385/memory.ld
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(mps2-an385_CPU) -Og -g -std=c11 -D_GNU_SOURCE -Wall -Wextra $(WERROR) $($(2)_OPTIONS) -iquote allocator \
	    --specs=nano.specs $(FIRMWARE_LINK) $($(1)_LINK) -T boards/mps2-an385/memory.ld -T linker/sections.ld \
	    $$(filter %.c %.o,$$^) $(BUILD)/mps2-an385/$(2)/libcairn.a -o $$@
endef
$(foreach d,$(DEBUGGING),$(eval $(call debugging_image,$d,$($d_LIBRARY))))
check: $(DEBUGGING:%=$(BUILD)/mps2-an385/debugging/%.elf)

# Who called, through C++ and the C library.
define callers_image
$(BUILD)/$(1)/counted/callers/%.o: tests/callers/%.cpp Makefile
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $(counted_OPTIONS) $$(CXX_FLAGS) -fno-exceptions -fno-rtti -c $$< -o $$@
$(BUILD)/$(1)/counted/callers/new.o: port/cxx/new.cpp Makefile
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $(counted_OPTIONS) $$(CXX_FLAGS) -fno-exceptions -fno-rtti -c $$< -o $$@
$(BUILD)/$(1)/counted/callers/callers.elf: $(addprefix $(BUILD)/$(1)/counted/,callers/callers.o callers/new.o tests/tap.o tests/fatal.o tests/tap-target.o libcairn.a) \
        $$($(1)/counted_RUNTIME) linker/sections.ld boards/$(1)/memory.ld
	$(Q)$(CROSS)g++ $($(1)_CPU) --specs=nano.specs $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld \
	    -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) $(BUILD)/$(1)/counted/libcairn.a -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)
endef
$(foreach b,$(WATCH_BOARDS),$(eval $(call callers_image,$b)))
TARGET_TESTS += $(WATCH_BOARDS:%=$(BUILD)/%/counted/callers/callers.elf)

# The figures of newlib's malloc_stats(), with counts.
TARGET_TESTS += $(WATCH_BOARDS:%=$(BUILD)/%/counted/figures/figures.elf)
