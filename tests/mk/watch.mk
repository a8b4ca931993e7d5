# The heap watched: on the host, and where an image is more than a test over a library (variants.mk).
#
# SPDX-License-Identifier: MIT
$(foreach w,$(WATCHED_ON_HOST),$(eval 32-$w.FLAGS := -m32 $($w.FLAGS))$(eval $(call host,32-$w)))
$(foreach w,$(WATCHED_ON_HOST),$(eval wide-$w.FLAGS := -DCAIRN_INDEX_BITS=32 $($w.FLAGS))$(eval $(call host,wide-$w)))
HOST_TESTS += $(foreach w,$(WATCHED_ON_HOST),$(foreach l,32-$w wide-$w,$(call host_tests,$l,$($w.TESTS)))) \
              $(call host_tests,32-traced,common fault host)

# Seen by an interrupt after every instruction: with counts and a trace, and with all at once. What is fatal then.
$(foreach b,$(all.BOARDS),$(foreach w,all traced,$(eval $(BUILD)/$b/$w/preempted/every_instruction.elf: $(addprefix $(BUILD)/$b/$w/tests/stepping/,$(CLOCK).o exact.o))))
TARGET_TESTS += $(foreach b,$(all.BOARDS),$(foreach w,all traced,$(BUILD)/$b/$w/preempted/every_instruction.elf)) \
                $(all.BOARDS:%=$(BUILD)/%/all/preempted/fatal_locked.elf) \
                $(WATCH_BOARDS:%=$(BUILD)/%/counted/figures/figures.elf) # of newlib's malloc_stats(), with counts

# The firmwares of docs/debugging.md, each with the library that finds what is wrong with it;
# tests/scripts/debugging.t goes the documented way.
DEBUGGING := $(if $(call among,mps2-an385),leak=counted fragmentation=counted overrun=guarded use_after_free=guarded)
fragmentation.LINK := -Wl,--defsym=_heap_size=34K

#   $(1) name   $(2) the library's folder
define debugging_image
$(BUILD)/mps2-an385/debugging/$(1).elf: private LINK_FLAGS = -Og -g -std=c11 -D_GNU_SOURCE -Wall -Wextra $(WERROR) $($(2).FLAGS) \
    -Iinclude --specs=nano.specs $($(1).LINK)
$(BUILD)/mps2-an385/debugging/$(1).elf: examples/debugging/$(1).c examples/debugging/report.c examples/debugging/report.h $(MADE_BY) \
        $(BUILD)/mps2-an385/$(2)/libcairn.a $(mps2-an385.RUNTIME) $(call scripts,mps2-an385)
	$$(call link,mps2-an385)
check: $(BUILD)/mps2-an385/debugging/$(1).elf
endef
$(foreach d,$(DEBUGGING),$(eval $(call debugging_image,$(firstword $(subst =, ,$d)),$(lastword $(subst =, ,$d)))))

# Who called, through C++ and the C library.
#   $(1) board
define callers_image
$(BUILD)/$(1)/counted/callers/%.o: tests/callers/%.cpp $(MADE_BY)
	$$(call cc,$(CROSS)g++ $($(1).CPU) $(counted.FLAGS) $$(CXX_FLAGS) -fno-exceptions -fno-rtti)
$(BUILD)/$(1)/counted/callers/new.o: port/cxx/new.cpp $(MADE_BY)
	$$(call cc,$(CROSS)g++ $($(1).CPU) $(counted.FLAGS) $$(CXX_FLAGS) -fno-exceptions -fno-rtti)
$(BUILD)/$(1)/counted/callers/callers.elf: private LINKER = g++
$(BUILD)/$(1)/counted/callers/callers.elf: private LINK_FLAGS = --specs=nano.specs
$(BUILD)/$(1)/counted/callers/callers.elf: $(addprefix $(BUILD)/$(1)/counted/,callers/callers.o callers/new.o libcairn.a) \
        $(filter-out %/blocks.o %/hooks.o,$($(1)/counted.SUPPORT)) $($(1)/counted.RUNTIME) $(call scripts,$(1)) tests/one-heap
	$$(call link_test,$(1))
TARGET_TESTS += $(BUILD)/$(1)/counted/callers/callers.elf
endef
$(foreach b,$(WATCH_BOARDS),$(eval $(call callers_image,$b)))
