# freertos.mk: the FreeRTOS heap on stand-ins for the kernel's headers: build/<board>/newlib/freertos/<image>.elf,
# and the example, build/<board>/newlib/examples/freertos.elf.
#
# An image is a test, and a way to compile it together with port/freertos/heap_cairn.c.
#
# SPDX-License-Identifier: MIT

FREERTOS_BOARDS := $(call among,mps2-an385 netduinoplus2 microbit)

FREERTOS_IMAGES := api-system-v10 api-system-v11 api-system-clearing api-ucheap-v10 api-ucheap-v11 api-ucheap-clearing \
                   interrupts-system interrupts-ucheap regions-v10 regions-v11
api-system-v10_FLAGS      := -Itests/freertos/v10
api-system-v11_FLAGS      := -Itests/freertos/v11 -DTRACED
api-system-clearing_FLAGS := -Itests/freertos/v11 -DTRACED -DCLEARING
api-ucheap-v10_FLAGS      := -Itests/freertos/v10 -DOVER_UCHEAP
api-ucheap-v11_FLAGS      := -Itests/freertos/v11 -DOVER_UCHEAP -DTRACED
api-ucheap-clearing_FLAGS := -Itests/freertos/v11 -DOVER_UCHEAP -DconfigAPPLICATION_ALLOCATED_HEAP=1 -DCLEARING
regions-v10_FLAGS         := -Itests/freertos/v10 -DCAIRN_REGIONS=1
regions-v11_FLAGS         := -Itests/freertos/v11 -DCAIRN_REGIONS=1
interrupts-system_FLAGS   := -Itests/freertos/v10
interrupts-ucheap_FLAGS   := -Itests/freertos/v11 -DOVER_UCHEAP

# heap_cairn.c sees what it sees in a user's project: the kernel's headers and cairn.h.
FREERTOS_CC := $(OPT) $(CFLAGS_COMMON) $(SECTIONS) -Itests/freertos/kernel
FREERTOS_WATCHED := $(foreach f,init realloc,-Dcairn_$f=watched_$f) $(foreach f,memcpy memset,-D$f=watched_$f)

#   $(1) board   $(2) image
define freertos_image
$(BUILD)/$(1)/freertos/$(2)/heap_cairn.o: port/freertos/heap_cairn.c $(MADE_BY) tests/mk/freertos.mk
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) $(if $(filter api-%,$(2)),$(FREERTOS_WATCHED)) -Itests/freertos $($(2)_FLAGS) -Iinclude)
$(BUILD)/$(1)/freertos/$(2)/test.o: tests/freertos/$(firstword $(subst -, ,$(2))).c $(MADE_BY) tests/mk/freertos.mk
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -fno-builtin -Itests/freertos $($(2)_FLAGS) $(TEST_SEES))
$(BUILD)/$(1)/newlib/freertos/$(2).elf: $(BUILD)/$(1)/freertos/$(2)/test.o $(BUILD)/$(1)/freertos/$(2)/heap_cairn.o \
        $(BUILD)/$(1)/freertos/kernel.o $($(1).SUPPORT) $(BUILD)/$(1)/$(if $(filter regions-%,$(2)),regions/)libcairn.a

endef

#   $(1) board
define freertos_rules
$(BUILD)/$(1)/freertos/kernel.o: tests/freertos/kernel/kernel.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Itests/freertos -Itests/freertos/v11)
$(foreach i,$(FREERTOS_IMAGES),$(call freertos_image,$(1),$i))
$(BUILD)/$(1)/examples/freertos/main.o: examples/freertos/main.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Iexamples/freertos -Itests/freertos/v11)
$(BUILD)/$(1)/examples/freertos/heap_cairn.o: port/freertos/heap_cairn.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Iexamples/freertos -Itests/freertos/v11 -Iinclude)
$(BUILD)/$(1)/newlib/examples/freertos.elf: $(addprefix $(BUILD)/$(1)/,examples/freertos/main.o examples/freertos/heap_cairn.o \
        freertos/kernel.o libcairn.a)
$(FREERTOS_IMAGES:%=$(BUILD)/$(1)/newlib/freertos/%.elf) $(BUILD)/$(1)/newlib/examples/freertos.elf: \
        $($(1).RUNTIME) $(call scripts,$(1)) tests/one-heap
	$$(call link_test,$(1))
endef
$(foreach b,$(FREERTOS_BOARDS),$(eval $(call freertos_rules,$b)))

TARGET_TESTS += $(foreach b,$(FREERTOS_BOARDS),$(FREERTOS_IMAGES:%=$(BUILD)/$b/newlib/freertos/%.elf))
# tests/scripts/freertos.t runs it.
check: $(FREERTOS_BOARDS:%=$(BUILD)/%/newlib/examples/freertos.elf)
