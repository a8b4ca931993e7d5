# freertos.mk: the FreeRTOS heap on stand-ins for the kernel's headers: build/<board>/newlib/freertos/<image>.elf,
# and the example, build/<board>/newlib/examples/freertos.elf.
#
# An image is a test, and a way to compile it together with port/freertos/heap_cairn.c.
#
# SPDX-License-Identifier: MIT

FREERTOS_BOARDS := mps2-an385 netduinoplus2 microbit

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
FREERTOS_CFLAGS := $(CFLAGS_COMMON) -ffunction-sections -fdata-sections
FREERTOS_WATCHED := $(foreach f,init realloc,-Dcairn_$f=watched_$f) $(foreach f,memcpy memset,-D$f=watched_$f)

#   $(1) board   $(2) image
define freertos_image
$(BUILD)/$(1)/freertos/$(2)/heap_cairn.o: port/freertos/heap_cairn.c Makefile tests/freertos.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(OPT) $(FREERTOS_CFLAGS) $(if $(filter api-%,$(2)),$(FREERTOS_WATCHED)) \
	    -Itests/freertos/kernel -Itests/freertos $($(2)_FLAGS) -Iallocator -c $$< -o $$@
$(BUILD)/$(1)/freertos/$(2)/test.o: tests/freertos/$(firstword $(subst -, ,$(2))).c Makefile tests/freertos.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(OPT) $(FREERTOS_CFLAGS) -fno-builtin -Itests/freertos/kernel -Itests/freertos \
	    $($(2)_FLAGS) -iquote allocator -Itests -Iport -c $$< -o $$@
$(BUILD)/$(1)/newlib/freertos/$(2).elf: $(BUILD)/$(1)/freertos/$(2)/test.o $(BUILD)/$(1)/freertos/$(2)/heap_cairn.o \
        $(BUILD)/$(1)/freertos/kernel.o $(TEST_SHARED:%=$(BUILD)/$(1)/tests/%.o) $(BUILD)/$(1)/tests/tap-target.o

endef

#   $(1) board
define freertos_rules
$(BUILD)/$(1)/freertos/kernel.o: tests/freertos/kernel/kernel.c Makefile tests/freertos.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(OPT) $(FREERTOS_CFLAGS) -Itests/freertos/kernel -Itests/freertos -Itests/freertos/v11 -c $$< -o $$@

$(foreach i,$(FREERTOS_IMAGES),$(call freertos_image,$(1),$i))
$(BUILD)/$(1)/newlib/freertos/regions-%.elf: FREERTOS_LIBRARY = $(BUILD)/$(1)/regions/libcairn.a
$(BUILD)/$(1)/newlib/freertos/regions-v10.elf $(BUILD)/$(1)/newlib/freertos/regions-v11.elf: $(BUILD)/$(1)/regions/libcairn.a
$(FREERTOS_IMAGES:%=$(BUILD)/$(1)/newlib/freertos/%.elf) $(BUILD)/$(1)/newlib/examples/freertos.elf: $(BUILD)/$(1)/libcairn.a \
        $($(1)_RUNTIME) linker/sections.ld boards/$(1)/memory.ld tests/one-heap
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld -Wl,-Map,$$(@:.elf=.map) \
	    $$(filter %.o,$$^) $$(or $$(FREERTOS_LIBRARY),$(BUILD)/$(1)/libcairn.a) -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)

$(BUILD)/$(1)/examples/freertos/main.o: examples/freertos/main.c Makefile tests/freertos.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(OPT) $(FREERTOS_CFLAGS) -Itests/freertos/kernel -Iexamples/freertos -Itests/freertos/v11 -c $$< -o $$@
$(BUILD)/$(1)/examples/freertos/heap_cairn.o: port/freertos/heap_cairn.c Makefile tests/freertos.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(OPT) $(FREERTOS_CFLAGS) -Itests/freertos/kernel -Iexamples/freertos -Itests/freertos/v11 -Iallocator -c $$< -o $$@
$(BUILD)/$(1)/newlib/examples/freertos.elf: $(BUILD)/$(1)/examples/freertos/main.o $(BUILD)/$(1)/examples/freertos/heap_cairn.o \
        $(BUILD)/$(1)/freertos/kernel.o
endef
$(foreach b,$(FREERTOS_BOARDS),$(eval $(call freertos_rules,$b)))

TARGET_TESTS += $(foreach b,$(FREERTOS_BOARDS),$(FREERTOS_IMAGES:%=$(BUILD)/$b/newlib/freertos/%.elf))
# tests/scripts/freertos.t runs it.
check: $(FREERTOS_BOARDS:%=$(BUILD)/%/newlib/examples/freertos.elf)
