# An interrupt after every instruction of the malloc family: on cores with three instruction sets, and
# with the library at -O2 where there is one (fast.mk).
#
# SPDX-License-Identifier: MIT
STEPPING_BOARDS := $(filter microbit mps2-an385 mps2-an505,$(BOARDS))
STEPPING_PARTS  := account clock interrupt path picture

# The test's other parts.
#   $(1) the tree   $(2) the folder of its images   $(3) the board
define stepping_image
$(BUILD)/$(3)/$(2)/stepping/every_instruction.elf: $(STEPPING_PARTS:%=$(BUILD)/$(1)/tests/stepping/%.o)
TARGET_TESTS += $(BUILD)/$(3)/$(2)/stepping/every_instruction.elf
endef
$(foreach b,$(STEPPING_BOARDS),$(eval $(call stepping_image,$b,newlib,$b)))
$(foreach b,$(filter $(FAST_BOARDS),$(STEPPING_BOARDS)),$(eval $(call stepping_image,$b/fast,fast,$b)))

# The same test over a heap that unlocks too early in one place, or does not lock in one: it must fail.
EARLY        := used rest freed merged start
EARLY_FLAGS  := -DCAIRN_CONFIG_HEADER='"tests/stepping/early.h"' $(LOCK)
START_FLAGS  := -DCAIRN_LOCK_HEADER='"tests/stepping/unstarted.h"'
EARLY_TREE   := $(BUILD)/mps2-an385
EARLY_SHARED := $(addprefix $(EARLY_TREE)/tests/,$(addprefix stepping/,every_instruction.o $(STEPPING_PARTS:%=%.o)) \
                    $(TEST_SHARED:%=%.o) tap-target.o) \
                $(patsubst %,$(EARLY_TREE)/allocator/%.o,$(filter-out malloc heap,$(HEAP))) \
                $(addprefix $(EARLY_TREE)/port/,newlib/reent.o newlib/sbrk_names.o newlib/mallinfo.o cortex-m/region.o) \
                $(mps2-an385_RUNTIME)
define early_image
$(EARLY_TREE)/early/$(1)/%.o: allocator/%.c Makefile tests/stepping.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(mps2-an385_CPU) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) \
	    $(if $(filter start,$(1)),$(START_FLAGS),$(EARLY_FLAGS) -DEARLY_$(1)) -I. -Iport -c $$< -o $$@
$(EARLY_TREE)/early/$(1).elf: $(EARLY_TREE)/early/$(1)/malloc.o $(EARLY_TREE)/early/$(1)/heap.o $(EARLY_SHARED) \
        linker/sections.ld boards/mps2-an385/memory.ld
	$(Q)$(CROSS)gcc $(mps2-an385_CPU) $(FIRMWARE_LINK) -T boards/mps2-an385/memory.ld -T linker/sections.ld \
	    $$(filter %.o,$$^) -o $$@
endef
ifneq ($(filter mps2-an385,$(BOARDS)),)
$(foreach e,$(EARLY),$(eval $(call early_image,$e)))
check: $(EARLY:%=$(EARLY_TREE)/early/%.elf)
endif
