# Several ranges of RAM: the library with CAIRN_REGIONS=1, build/<board>/regions/; on some with the 32-bit index as well,
# wide-regions/, or with a 16-bit index and granules of 16 bytes, coarse-regions/. tests/common and tests/fault run
# over the first and the last on one board: all that held without regions holds with them.
#
# SPDX-License-Identifier: MIT
REGIONS_BOARDS := $(BOARDS)
ROM_BOARDS     := $(filter lm3s6965evb stm32vldiscovery netduinoplus2 microbit,$(BOARDS))
WIDE_BOARDS    := $(filter mps2-an385 mps2-an500 mps2-an505 lm3s6965evb,$(BOARDS))
COARSE_BOARDS  := $(filter mps2-an385,$(BOARDS))
PSRAM_BOARDS   := $(filter mps2-an385 mps2-an500 mps2-an505,$(BOARDS))

$(foreach b,$(REGIONS_BOARDS),$(eval $(call tree_rules,$b/regions,$($b_CPU) -DCAIRN_REGIONS=1,$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(REGIONS_BOARDS),$(eval $(call image_rules,$b/regions,regions,,$b)))
$(foreach b,$(WIDE_BOARDS),$(eval $(call tree_rules,$b/wide-regions,$($b_CPU) -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32,$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(WIDE_BOARDS),$(eval $(call image_rules,$b/wide-regions,wide-regions,,$b)))

$(foreach b,$(COARSE_BOARDS),$(eval $(call tree_rules,$b/coarse-regions,$($b_CPU) -DCAIRN_REGIONS=1 -DCAIRN_GRANULE=16,$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(COARSE_BOARDS),$(eval $(call image_rules,$b/coarse-regions,coarse-regions,,$b)))

REGIONS_COMMON := $(filter mps2-an385,$(BOARDS))
TARGET_TESTS += $(foreach b,$(REGIONS_BOARDS),$(patsubst %,$(BUILD)/$b/regions/regions/%.elf,$(call names,regions))) \
                $(ROM_BOARDS:%=$(BUILD)/%/regions/rom/no_ram.elf) \
                $(patsubst %,$(BUILD)/%/wide-regions/rom/far_end.elf,$(filter lm3s6965evb,$(BOARDS))) \
                $(foreach b,$(PSRAM_BOARDS),$(foreach t,regions wide-regions,$(BUILD)/$b/$t/psram/second_ram.elf)) \
                $(COARSE_BOARDS:%=$(BUILD)/%/coarse-regions/psram/second_ram.elf) \
                $(foreach b,$(REGIONS_COMMON),$(foreach k,common fault,$(patsubst %,$(BUILD)/$b/regions/$k/%.elf,$(call names,$k)))) \
                $(foreach b,$(COARSE_BOARDS),$(foreach k,common fault regions,$(patsubst %,$(BUILD)/$b/coarse-regions/$k/%.elf,$(call names,$k))))

# On the host, 32 bits, with the coarse granule as well, and the host's own layout; the white-box tests, too.
HOST_REGIONS         := 32-regions coarse-regions wide-regions
32-regions_FLAGS     := -m32 -DCAIRN_REGIONS=1
coarse-regions_FLAGS := -m32 -DCAIRN_REGIONS=1 -DCAIRN_GRANULE=16
wide-regions_FLAGS   := -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32
$(foreach l,$(HOST_REGIONS),$(eval $(call host_rules,$l)))
HOST_TESTS += $(foreach l,$(HOST_REGIONS),$(patsubst %,$(BUILD)/host/$l/bin/regions/%,$(call names,regions)))

# Pages that are write-protected, and signal handlers that know the registers, are not the C library's by default.
define white_box_regions
$(BUILD)/host/$(1)/tests/host-regions/%.o: tests/host-regions/%.c $(MADE_BY) tests/regions.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $($(1)_FLAGS) -O1 $(SANITIZE) -D_GNU_SOURCE $(HOST_CFLAGS) -c $$< -o $$@
HOST_TESTS += $(foreach k,host host-regions,$(patsubst %,$(BUILD)/host/$(1)/bin/$k/%,$(call names,$k)))
endef
$(foreach l,$(HOST_REGIONS),$(eval $(call white_box_regions,$l)))

# A region that is larger than a 16-bit index reaches, as a firmware's own linker script may give: with granules of 8
# bytes and of 16, and with the 32-bit index. The image is named by the library and by the region's size.
REACH_BOARDS := $(filter mps2-an385,$(BOARDS))
REACH_SIZES  := 1M 3M

#   $(1) the tree   $(2) the board   $(3) the region's size
define reach_image
$(BUILD)/$(2)/reach/$(notdir $(1))-$(3).elf: $(BUILD)/$(1)/tests/reach/region.o $(TEST_SHARED:%=$(BUILD)/$(1)/tests/%.o) \
        $(BUILD)/$(1)/tests/tap-target.o $(BUILD)/$(1)/libcairn.a $$($(1)_RUNTIME) linker/sections.ld boards/$(2)/memory.ld
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(2)_CPU) $(FIRMWARE_LINK) -T boards/$(2)/memory.ld -T linker/sections.ld -Wl,--defsym=_heap_size=$(3) \
	    $$(filter %.o,$$^) $(BUILD)/$(1)/libcairn.a -o $$@
TARGET_TESTS += $(BUILD)/$(2)/reach/$(notdir $(1))-$(3).elf
endef
$(foreach b,$(REACH_BOARDS),$(foreach t,regions coarse-regions wide-regions,$(foreach s,$(REACH_SIZES),$(eval $(call reach_image,$b/$t,$b,$s)))))
