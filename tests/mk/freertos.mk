# freertos.mk: the FreeRTOS heap on stand-ins for the kernel's headers: build/<board>/newlib/freertos/<image>.elf,
# and the example, build/<board>/newlib/examples/freertos.elf.
#
# An image is a test, and a way to compile it together with port/freertos/heap_cairn.c.
#
# SPDX-License-Identifier: MIT

FREERTOS_BOARDS := $(call among,mps2-an385 netduinoplus2 microbit)

FREERTOS_IMAGES := api-system-v10 api-system-v11 api-system-clearing api-ucheap-v10 api-ucheap-v11 api-ucheap-clearing \
                   interrupts-system interrupts-ucheap regions-v10 regions-v11 \
                   above-system above-system-free above-ucheap above-ucheap-free above-ucheap-figures assert-system
api-system-v10_FLAGS      := -Itests/freertos/v10
api-system-v11_FLAGS      := -Itests/freertos/v11 -DTRACED
api-system-clearing_FLAGS := -Itests/freertos/v11 -DTRACED -DCLEARING
api-ucheap-v10_FLAGS      := -Itests/freertos/v10 -DOVER_UCHEAP
api-ucheap-v11_FLAGS      := -Itests/freertos/v11 -DOVER_UCHEAP -DTRACED
api-ucheap-clearing_FLAGS := -Itests/freertos/v11 -DOVER_UCHEAP -DconfigAPPLICATION_ALLOCATED_HEAP=1 -DCLEARING
regions-v10_FLAGS         := -Itests/freertos/v10 -DCAIRN_REGIONS=1 -DCAIRN_FREERTOS_LOCK=CAIRN_FREERTOS_PRIMASK
regions-v11_FLAGS         := -Itests/freertos/v11 -DCAIRN_REGIONS=1 -DCAIRN_FREERTOS_LOCK=CAIRN_FREERTOS_PRIMASK
interrupts-system_FLAGS   := -Itests/freertos/v10
interrupts-ucheap_FLAGS   := -Itests/freertos/v11 -DOVER_UCHEAP
above-system_FLAGS         := -Itests/freertos/v11
above-system-free_FLAGS    := -Itests/freertos/v11 -DABOVE=FREES
above-ucheap_FLAGS         := -Itests/freertos/v11 -DOVER_UCHEAP
above-ucheap-free_FLAGS    := -Itests/freertos/v11 -DOVER_UCHEAP -DABOVE=FREES
above-ucheap-figures_FLAGS := -Itests/freertos/v11 -DOVER_UCHEAP -DABOVE=ASKS
assert-system_FLAGS        := -Itests/freertos/v11 -DCAIRN_FREERTOS_ASSERT=1
owners-system_FLAGS        := -Itests/freertos/v11 $(counted.FLAGS) -DCAIRN_FREERTOS_LOCK=CAIRN_FREERTOS_PRIMASK
owners-guarded_FLAGS       := -Itests/freertos/v11 $(guarded.FLAGS) -DCAIRN_FREERTOS_LOCK=CAIRN_FREERTOS_PRIMASK
owners-ucheap_FLAGS        := $(owners-guarded_FLAGS) -DOVER_UCHEAP
# Where there is BASEPRI: what an interrupt above the ceiling waits, and what calls take at -O2.
latency-system_FLAGS       := -Itests/freertos/v11
latency-ucheap_FLAGS       := -Itests/freertos/v11 -DOVER_UCHEAP
cost-system_FLAGS          := -Itests/freertos/v11 -O2 -DMASK_INLINE
cost-ucheap_FLAGS          := -Itests/freertos/v11 -O2 -DMASK_INLINE -DOVER_UCHEAP -DconfigTOTAL_HEAP_SIZE=40960
above-system-irq_FLAGS     := -Itests/freertos/v11 -DABOVE=ALLOCATES_IN_IRQ
above-ucheap-irq_FLAGS     := -Itests/freertos/v11 -DOVER_UCHEAP -DABOVE=ALLOCATES_IN_IRQ
FREERTOS_CEILING_IMAGES    := latency-system latency-ucheap above-system-irq above-ucheap-irq
FREERTOS_FAST_IMAGES       := cost-system cost-ucheap
# Where there are watched libraries.
FREERTOS_WATCHED_IMAGES    := owners-system owners-guarded owners-ucheap

# The library of an image, on a board. Others than the board's own have PRIMASK.
regions_LIBRARY        := regions/
owners-system_LIBRARY  := counted/
owners-guarded_LIBRARY := guarded/
owners-ucheap_LIBRARY  := guarded/
cost-system_LIBRARY    := fast-ceiling/
cost-ucheap_LIBRARY    := fast-ceiling/
freertos_library = $(or $($(2)_LIBRARY),$($(firstword $(subst -, ,$(2)))_LIBRARY),$(if $(filter basepri,$($(1).HAS)),ceiling/))
#   $(1) board
freertos_images = $(FREERTOS_IMAGES) $(if $(filter basepri,$($(1).HAS)),$(FREERTOS_CEILING_IMAGES)) \
                  $(if $(filter $(1),$(fast-ceiling.BOARDS)),$(FREERTOS_FAST_IMAGES)) \
                  $(if $(filter $(1),$(WATCH_BOARDS)),$(FREERTOS_WATCHED_IMAGES))

# heap_cairn.c sees what it sees in a user's project: the kernel's headers and cairn.h.
FREERTOS_CC := $(OPT) $(CFLAGS_COMMON) $(SECTIONS) -Itests/freertos/kernel
FREERTOS_WATCHED := $(foreach f,init realloc,-Dcairn_$f=watched_$f) $(foreach f,memcpy memset,-D$f=watched_$f)

#   $(1) board   $(2) image
define freertos_image
$(BUILD)/$(1)/freertos/$(2)/heap_cairn.o: port/freertos/heap_cairn.c $(MADE_BY) tests/mk/freertos.mk
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) $(if $(filter api-%,$(2)),$(FREERTOS_WATCHED)) -Itests/freertos $($(2)_FLAGS) -Iinclude)
$(BUILD)/$(1)/freertos/$(2)/test.o: tests/freertos/$(firstword $(subst -, ,$(2))).c $(MADE_BY) tests/mk/freertos.mk
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -fno-builtin -I. -Itests/freertos $($(2)_FLAGS) $(TEST_SEES))
$(BUILD)/$(1)/newlib/freertos/$(2).elf: $(BUILD)/$(1)/freertos/$(2)/test.o $(BUILD)/$(1)/freertos/$(2)/heap_cairn.o \
        $(BUILD)/$(1)/freertos/kernel.o $(if $(filter assert-%,$(2)),$(filter-out %/fatal.o,$($(1).SUPPORT)),$($(1).SUPPORT)) $(BUILD)/$(1)/$(call freertos_library,$(1),$(2))libcairn.a

endef

#   $(1) board
define freertos_rules
$(FREERTOS_FAST_IMAGES:%=$(BUILD)/$(1)/newlib/freertos/%.elf): $(BUILD)/$(1)/bench/meter.o
$(BUILD)/$(1)/freertos/kernel.o: tests/freertos/kernel/kernel.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Itests/freertos -Itests/freertos/v11)
$(foreach i,$(call freertos_images,$(1)),$(call freertos_image,$(1),$i))
$(BUILD)/$(1)/examples/freertos/main.o: examples/freertos/main.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Iexamples/freertos -Itests/freertos/v11 -Iport/freertos -Iinclude)
$(BUILD)/$(1)/examples/freertos/scheduler.o: tests/freertos/kernel/scheduler.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Iexamples/freertos -Itests/freertos/v11)
$(BUILD)/$(1)/examples/freertos/heap_cairn.o: port/freertos/heap_cairn.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) $(FREERTOS_CC) -Iexamples/freertos -Itests/freertos/v11 -Iinclude)
$(BUILD)/$(1)/newlib/examples/freertos.elf: $(addprefix $(BUILD)/$(1)/,examples/freertos/main.o examples/freertos/heap_cairn.o examples/freertos/scheduler.o \
        freertos/kernel.o $(call freertos_library,$(1),example)libcairn.a)
$(patsubst %,$(BUILD)/$(1)/newlib/freertos/%.elf,$(call freertos_images,$(1))) $(BUILD)/$(1)/newlib/examples/freertos.elf: \
        $($(1).RUNTIME) $(call scripts,$(1)) tests/one-heap
	$$(call link_test,$(1))
endef
$(foreach b,$(FREERTOS_BOARDS),$(eval $(call freertos_rules,$b)))

TARGET_TESTS += $(foreach b,$(FREERTOS_BOARDS),$(patsubst %,$(BUILD)/$b/newlib/freertos/%.elf,$(call freertos_images,$b)))
# tests/scripts/freertos.t runs it.
check: $(FREERTOS_BOARDS:%=$(BUILD)/%/newlib/examples/freertos.elf)

# The example with a kernel of yours: a folder of FreeRTOS-Kernel, V10.4 or newer, or a project's FreeRTOS/Source.
# Its sources are compiled without this tree's warnings.
ifneq ($(and $(filter freertos,$(MAKECMDGOALS)),$(KERNEL)),)
FREERTOS_PORT := $(KERNEL)/portable/GCC/ARM_CM3
ifeq ($(wildcard $(KERNEL)/tasks.c),)
$(error KERNEL=$(KERNEL): no tasks.c there. Name a folder of FreeRTOS-Kernel, with tasks.c, include/ and portable/)
endif
ifeq ($(wildcard $(FREERTOS_PORT)/port.c),)
$(error KERNEL=$(KERNEL): no portable/GCC/ARM_CM3/port.c there, which the example needs)
endif
# Objects of one kernel are not those of another.
FREERTOS_TREE := $(BUILD)/mps2-an385/kernel/$(subst /,@,$(abspath $(KERNEL)))
FREERTOS_SEES := -Iexamples/freertos -Iport/freertos -Iinclude -isystem $(KERNEL)/include -isystem $(FREERTOS_PORT)
$(FREERTOS_TREE)/%.o: $(KERNEL)/%.c $(MADE_BY) examples/freertos/FreeRTOSConfig.h
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) -std=c11 -O2 -g $(SECTIONS) -w $(FREERTOS_SEES))
$(FREERTOS_TREE)/port.o: $(FREERTOS_PORT)/port.c $(MADE_BY) examples/freertos/FreeRTOSConfig.h
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) -std=c11 -O2 -g $(SECTIONS) -w $(FREERTOS_SEES))
$(FREERTOS_TREE)/example/main.o: examples/freertos/main.c $(MADE_BY) examples/freertos/FreeRTOSConfig.h
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) $(OPT) $(CFLAGS_COMMON) $(SECTIONS) $(FREERTOS_SEES))
$(FREERTOS_TREE)/example/heap_cairn.o: port/freertos/heap_cairn.c $(MADE_BY) examples/freertos/FreeRTOSConfig.h
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) $(OPT) $(CFLAGS_COMMON) $(SECTIONS) $(FREERTOS_SEES))
$(FREERTOS_TREE)/example.elf: $(addprefix $(FREERTOS_TREE)/,tasks.o list.o queue.o port.o example/main.o example/heap_cairn.o) \
        $(BUILD)/mps2-an385/ceiling/libcairn.a $(mps2-an385.RUNTIME) $(call scripts,mps2-an385) tests/one-heap
	$(call link_test,mps2-an385)
endif

.PHONY: freertos
## freertos: build examples/freertos with the kernel in KERNEL and run it: make freertos KERNEL=../FreeRTOS-Kernel
freertos: $(if $(KERNEL),$(FREERTOS_TREE)/example.elf)
	$(if $(KERNEL),,@echo "make freertos: name a folder of FreeRTOS-Kernel: make freertos KERNEL=../FreeRTOS-Kernel" >&2; exit 2)
	$(Q)tests/run-one $<
