# libc.mk: the tests of the C library with newlib-nano: build/<board>/nano/libc/<name>.elf.
#
# They are compiled as users of newlib-nano compile: nano.specs brings another struct _reent, and they look into it
# (tests/libc/library.h). Static patterns, so that no image is made of the object that newlib's is made of.
#
# SPDX-License-Identifier: MIT
NANO_SPECS := --specs=nano.specs -u _printf_float -u _scanf_float

#   $(1) board   $(2) names of the tests
define nano_libc_rules
$(2:%=$(BUILD)/$(1)/nano/objects/libc/%.o): $(BUILD)/$(1)/nano/objects/%.o: tests/%.c Makefile tests/libc.mk \
        boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) --specs=nano.specs $(OPT) $(CFLAGS_COMMON) -ffunction-sections -fdata-sections \
	    -fno-builtin $(LOCK) -iquote allocator -Itests -Iport -Iport/cortex-m -c $$< -o $$@
$(2:%=$(BUILD)/$(1)/nano/libc/%.elf): $(BUILD)/$(1)/nano/%.elf: $(BUILD)/$(1)/nano/objects/%.o \
        $(TEST_SHARED:%=$(BUILD)/$(1)/tests/%.o) $(BUILD)/$(1)/tests/tap-target.o $(BUILD)/$(1)/libcairn.a \
        $$($(1)_RUNTIME) linker/sections.ld boards/$(1)/memory.ld tests/one-heap
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(NANO_SPECS) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld \
	    -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) $(BUILD)/$(1)/libcairn.a -lm -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)
endef
$(foreach b,$(BOARDS),$(eval $(call nano_libc_rules,$b,$(call names,libc))))
