# The break alone: images with newlib's own malloc over libcairn-sbrk.a.
#
# SPDX-License-Identifier: MIT
define sbrk_image
$(BUILD)/$(1)/$(2)/sbrk/%.elf: $(BUILD)/$(1)/tests/sbrk/%.o $(BUILD)/$(1)/tests/tap.o $(BUILD)/$(1)/tests/tap-target.o \
        $(BUILD)/$(1)/libcairn-sbrk.a $($(1)_RUNTIME) linker/sections.ld boards/$(1)/memory.ld
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $(3) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld -T linker/sections.ld \
	    $$(filter %.o,$$^) $(BUILD)/$(1)/libcairn-sbrk.a -o $$@
endef
$(foreach b,$(BOARDS),$(eval $(call sbrk_image,$b,newlib,))$(eval $(call sbrk_image,$b,nano,--specs=nano.specs -u _printf_float)))

TARGET_TESTS += $(foreach b,$(BOARDS),$(foreach l,newlib nano,$(patsubst %,$(BUILD)/$b/$l/sbrk/%.elf,$(call names,sbrk))))
