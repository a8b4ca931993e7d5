# An interrupt after every instruction of the malloc family: on cores with three instruction sets, and
# with the library at -O2.
#
# SPDX-License-Identifier: MIT
STEPPING_BOARDS := $(call among,microbit mps2-an385 mps2-an505 virt-rv32 virt-rv64)
STEPPING_PARTS  := account $(CLOCK) exact interrupt path picture

# The test's other parts.
#   $(1) the tree   $(2) the folder of its images   $(3) the board
define stepping_image
$(BUILD)/$(3)/$(2)/stepping/every_instruction.elf: $(STEPPING_PARTS:%=$(BUILD)/$(1)/tests/stepping/%.o)
TARGET_TESTS += $(BUILD)/$(3)/$(2)/stepping/every_instruction.elf
endef
$(foreach b,$(STEPPING_BOARDS),$(eval $(call stepping_image,$b,$(BOARD_LIBC),$b)))
$(foreach b,$(filter $(FAST_BOARDS),$(STEPPING_BOARDS)),$(eval $(call stepping_image,$b/fast,fast,$b)))

# The same test over a heap that unlocks too early in one place, or does not lock in one: it must fail.
EARLY        := used rest freed merged start
EARLY_BOARD  := $(call among,mps2-an385 virt-rv32)
EARLY_FLAGS  := -DCAIRN_CONFIG_HEADER='"tests/stepping/early.h"' $(LOCK)
START_FLAGS  := -DCAIRN_PORT_HEADER='"tests/stepping/unstarted.h"'
EARLY_TREE   := $(BUILD)/$(EARLY_BOARD)
EARLY_HEAP   := core/heap system/malloc
EARLY_SHARED := $(patsubst %,$(EARLY_TREE)/%.o,$(addprefix tests/stepping/,every_instruction $(STEPPING_PARTS)) \
                    $(addprefix allocator/,$(filter-out $(EARLY_HEAP),$(HEAP))) \
                    $(addprefix port/,$($(BOARD_LIBC).NAMES) common/region)) \
                $($(EARLY_BOARD).SUPPORT) $($(EARLY_BOARD).RUNTIME)
define early_image
$(EARLY_TREE)/early/$(1)/%.o: allocator/%.c $(MADE_BY) tests/mk/stepping.mk
	$$(call cc,$(CROSS)gcc $($(EARLY_BOARD).CPU) $($(BOARD_LIBC).SPECS) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) $(CORE_SEES) -I. \
	    $(if $(filter start,$(1)),$(START_FLAGS),$(EARLY_FLAGS) -DEARLY_$(1)))
$(EARLY_TREE)/early/$(1).elf: private LINK_FLAGS = $($(BOARD_LIBC).LINK)
$(EARLY_TREE)/early/$(1).elf: $(EARLY_HEAP:%=$(EARLY_TREE)/early/$(1)/%.o) $(EARLY_SHARED) $(call scripts,$(EARLY_BOARD))
	$$(call link,$(EARLY_BOARD))
endef
ifneq ($(EARLY_BOARD),)
$(foreach e,$(EARLY),$(eval $(call early_image,$e)))
check: $(EARLY:%=$(EARLY_TREE)/early/%.elf)
endif
