# The examples, one a way of use; tests/scripts/examples.t runs them. hello is also for 8 KiB of RAM.
#
# SPDX-License-Identifier: MIT
EXAMPLES := $(addprefix $(BUILD)/mps2-an385/example/,hello.elf interrupt.elf private-heap.elf sbrk-alone.elf cxx.elf regions.elf) \
            $(BUILD)/stm32vldiscovery/example/hello.elf

#   $(1) board
define example_rules
$(BUILD)/$(1)/example/%.o: examples/%/main.c Makefile
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) -O2 $(CFLAGS_COMMON) -ffunction-sections -fdata-sections -iquote allocator -iquote port/cortex-m -c $$< -o $$@
$(BUILD)/$(1)/example/%.o: examples/%/main.cpp Makefile
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) -O2 -g -std=c++17 -fno-exceptions -fno-rtti -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(WERROR) \
	    -MMD -MP -ffunction-sections -fdata-sections -iquote port/cxx -iquote allocator -c $$< -o $$@
$(BUILD)/$(1)/example/new.o: port/cxx/new.cpp Makefile
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) -O2 -g -std=c++17 -fno-exceptions -fno-rtti -ffunction-sections -iquote allocator -iquote port/cxx -c $$< -o $$@
$(BUILD)/$(1)/example/cxx.elf: $(BUILD)/$(1)/example/new.o
$(BUILD)/$(1)/example/regions.elf: $(BUILD)/$(1)/regions/libcairn.a
$(BUILD)/$(1)/example/regions.elf: EXAMPLE_LIBRARY = $(BUILD)/$(1)/regions/libcairn.a
$(BUILD)/$(1)/example/hello.elf: $(BUILD)/$(1)/port/cortex-m/stack_paint.o
$(BUILD)/$(1)/example/sbrk-alone.elf: EXAMPLE_LIBRARY = $(BUILD)/$(1)/libcairn-sbrk.a
$(BUILD)/$(1)/example/%.elf: $(BUILD)/$(1)/example/%.o $($(1)_RUNTIME) $(BUILD)/$(1)/libcairn.a $(BUILD)/$(1)/libcairn-sbrk.a \
        linker/sections.ld boards/$(1)/memory.ld
	$(Q)$(CROSS)g++ $($(1)_CPU) --specs=nano.specs -u _printf_float $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld \
	    -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) $$(or $$(EXAMPLE_LIBRARY),$(BUILD)/$(1)/libcairn.a) -lm -o $$@
endef
$(foreach b,$(filter mps2-an385 stm32vldiscovery,$(BOARDS)),$(eval $(call example_rules,$b)))
check: $(if $(filter mps2-an385,$(BOARDS)),$(if $(filter stm32vldiscovery,$(BOARDS)),$(EXAMPLES)))
