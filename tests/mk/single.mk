# single.mk: cairn.c of `make amalgamation`, compiled as users do: by either compiler, at each optimization, with no flag
# that the library asks for, and linked into tests/flags/family.c: build/<board>/single/<row>.elf. The rows are as those
# of flags.mk; warnings are errors.
#
# SPDX-License-Identifier: MIT
SINGLE_FEW := \
    mps2-an385/newlib/plain/gcc/O0 \
    mps2-an385/nano/guarded/gcc/O1 \
    mps2-an385/picolibc/plain/gcc/O2 \
    microbit/newlib/plain/gcc/O3 \
    microbit/nano/plain/gcc/Os \
    mps2-an385/newlib/watched/gcc/O2/flto \
    mps2-an385/picolibc/guarded/gcc/O3/flto \
    mps2-an385/picolibc/plain/gcc/O1/flto \
    microbit/nano/plain/gcc/Os/flto \
    mps2-an385/newlib/plain/clang/O0 \
    microbit/nano/plain/clang/O1 \
    mps2-an385/nano/guarded/clang/O2 \
    mps2-an385/newlib/plain/clang/O3 \
    microbit/newlib/plain/clang/Os \
    mps2-an385/newlib/watched/clang/O2/flto
SINGLE_ALL := $(foreach c,gcc clang,$(foreach o,O0 O1 O2 O3 Os,$(foreach l,_ flto, \
    $(foreach b,mps2-an385/newlib/plain mps2-an385/nano/watched microbit/nano/plain mps2-an385/newlib/guarded \
        $(if $(filter gcc,$c),mps2-an385/picolibc/plain),$b/$c/$o/$l))))

#   $(1) image, without .elf   $(2) board   $(3) C library   $(4) options   $(5) compiler   $(6) flags
define single_rules
$(1)/cairn.o: $(SINGLE)/src/cairn.c $(SINGLE)/src/cairn.h $(MADE_BY) tests/mk/single.mk
	$$(call cc,$(FLAGS_COMPILE_$(5)) $($(2).CPU) $(FLAGS_HEADERS_$(3)) $(6) $(WARNINGS) -Werror $(FLAGS_OPTIONS_$(4)))
$(1)/%.o: %.c $(SINGLE)/src/cairn.h $(MADE_BY) tests/mk/single.mk
	$$(call cc,$(FLAGS_COMPILE_$(5)) $($(2).CPU) $(FLAGS_HEADERS_$(3)) $(6) -g $(WARNINGS) -MMD -MP $(LOCK) $(FLAGS_OPTIONS_$(4)) -I$(SINGLE)/src $(TEST_SEES))
$(1).elf: $(patsubst %,$(1)/%.o,cairn tests/flags/family boards/runtime/startup extras/semihosting $(FLAGS_BESIDE_$(3)) $(FLAGS_BESIDE_$(4))) \
        $(patsubst %,$(BUILD)/$(2)$(FLAGS_TREE_$(3))/tests/%.o,$(addprefix support/,tap tap-target blocks) flags/beside) \
        boards/$(2)/memory.ld linker/sections.ld tests/flags/region.ld tests/one-heap
	$(Q)$(CROSS)gcc $($(2).CPU) $(6) $(FLAGS_SPECS_$(3)) $(FIRMWARE_LINK) $(FLAGS_LINK_$(5)) $$(patsubst %,-T %,$$(filter %.ld,$$^)) \
	    -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) -lm -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)
endef

SINGLE_ROWS := $(call flags_known,$(if $(CAIRN_TEST_ALL),$(subst /_,,$(SINGLE_ALL)),$(SINGLE_FEW)))
single_image = $(BUILD)/$(call flags_part,$(1),1)/single/$(subst /,-,$(patsubst $(call flags_part,$(1),1)/%,%,$(1)))
$(foreach r,$(SINGLE_ROWS),$(eval $(call single_rules,$(call single_image,$r),$(call flags_part,$r,1),$(call flags_part,$r,2),$(call flags_part,$r,3),$(call flags_part,$r,4),$(addprefix -,$(wordlist 5,9,$(subst /, ,$r))))))
SINGLE_IMAGES := $(foreach r,$(SINGLE_ROWS),$(call single_image,$r).elf)
TARGET_TESTS  += $(SINGLE_IMAGES)

# For `make test-build-systems`: all of them.
.PHONY: single-images
single-images: $(SINGLE_IMAGES)
	$(Q)prove -j$(JOBS) --failures --exec tests/run-one $^
