# The break alone: images with newlib's own malloc over libcairn-sbrk.a.
#
# SPDX-License-Identifier: MIT

#   $(1) board   $(2) C library   $(3) link flags
define sbrk_image
$(BUILD)/$(1)/$(2)/sbrk/%.elf: private LINK_FLAGS = $(3)
$(BUILD)/$(1)/$(2)/sbrk/%.elf: $(BUILD)/$(1)/tests/sbrk/%.o $(addprefix $(BUILD)/$(1)/tests/support/,tap.o tap-target.o) \
        $(BUILD)/$(1)/libcairn-sbrk.a $($(1).RUNTIME) $(call scripts,$(1))
	$$(call link,$(1))
endef
$(foreach b,$(BOARDS),$(eval $(call sbrk_image,$b,newlib))$(eval $(call sbrk_image,$b,nano,--specs=nano.specs -u _printf_float)))
TARGET_TESTS += $(foreach b,$(BOARDS),$(foreach l,newlib nano,$(call tests_of,$b,$l,sbrk)))
