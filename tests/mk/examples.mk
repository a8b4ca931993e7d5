# The examples, one a way of use; tests/scripts/examples.t runs them. hello is also for 8 KiB of RAM.
#
# SPDX-License-Identifier: MIT
EXAMPLES := $(addprefix $(BUILD)/mps2-an385/example/,hello.elf interrupt.elf private-heap.elf sbrk-alone.elf cxx.elf regions.elf) \
            $(BUILD)/stm32vldiscovery/example/hello.elf
EXAMPLE_CXX := -O2 -g -std=c++17 -fno-exceptions -fno-rtti -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(WERROR) \
               -MMD -MP $(SECTIONS) -Iinclude

#   $(1) board
define example_rules
$(BUILD)/$(1)/example/%.o: examples/%/main.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) -O2 $(CFLAGS_COMMON) $(SECTIONS) -Iinclude -Iextras)
$(BUILD)/$(1)/example/%.o: examples/%/main.cpp $(MADE_BY)
	$$(call cc,$(CROSS)g++ $($(1).CPU) $(EXAMPLE_CXX))
$(BUILD)/$(1)/example/new.o: port/cxx/new.cpp $(MADE_BY)
	$$(call cc,$(CROSS)g++ $($(1).CPU) $(EXAMPLE_CXX))
$(BUILD)/$(1)/example/cxx.elf: $(BUILD)/$(1)/example/new.o
$(BUILD)/$(1)/example/hello.elf: $(BUILD)/$(1)/extras/stack_paint.o
$(BUILD)/$(1)/example/%.elf: private LINKER = g++
$(BUILD)/$(1)/example/%.elf: private LINK_FLAGS = --specs=nano.specs -u _printf_float
$(BUILD)/$(1)/example/%.elf: private LIBS = -lm
$(call example_image,$(1),%,libcairn.a)
$(call example_image,$(1),regions,regions/libcairn.a)
$(call example_image,$(1),sbrk-alone,libcairn-sbrk.a)
endef
#   $(1) board   $(2) example   $(3) its library
define example_image
$(BUILD)/$(1)/example/$(2).elf: $(BUILD)/$(1)/example/$(2).o $($(1).RUNTIME) $(BUILD)/$(1)/$(3) $(call scripts,$(1))
	$$(call link,$(1))

endef
$(foreach b,$(call among,mps2-an385 stm32vldiscovery),$(eval $(call example_rules,$b)))
check: $(if $(call among,mps2-an385),$(if $(call among,stm32vldiscovery),$(EXAMPLES)))
