# libc.mk: the tests of the C library with newlib-nano: build/<board>/nano/libc/<name>.elf.
#
# They are compiled as users of newlib-nano compile: nano.specs brings another struct _reent, and they look into it
# (tests/libc/library.h). Static patterns, so that no image is made of the object that newlib's is made of.
#
# SPDX-License-Identifier: MIT

#   $(1) board   $(2) names of the tests
define nano_libc_rules
$(2:%=$(BUILD)/$(1)/nano/objects/libc/%.o): $(BUILD)/$(1)/nano/objects/%.o: tests/%.c $(MADE_BY)
	$$(call cc,$(CROSS)gcc $($(1).CPU) --specs=nano.specs $(OPT) $(CFLAGS_COMMON) $(SECTIONS) -fno-builtin $(LOCK) $(TEST_SEES))
$(2:%=$(BUILD)/$(1)/nano/libc/%.elf): private LINK_FLAGS = --specs=nano.specs -u _printf_float -u _scanf_float
$(2:%=$(BUILD)/$(1)/nano/libc/%.elf): private LIBS = -lm
$(2:%=$(BUILD)/$(1)/nano/libc/%.elf): $(BUILD)/$(1)/nano/%.elf: $(BUILD)/$(1)/nano/objects/%.o \
        $($(1).SUPPORT) $(BUILD)/$(1)/libcairn.a $($(1).RUNTIME) $(call scripts,$(1)) tests/one-heap
	$$(call link_test,$(1))
endef
$(foreach b,$(BOARDS),$(eval $(call nano_libc_rules,$b,$(call names,libc))))
