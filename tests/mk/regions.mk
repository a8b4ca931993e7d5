# Several ranges of RAM: on boards with a second one, or with gaps; and on the host, with the white-box tests.
#
# SPDX-License-Identifier: MIT
PSRAM_BOARDS := $(call among,mps2-an385 mps2-an500 mps2-an505)
TARGET_TESTS += $(patsubst %,$(BUILD)/%/regions/rom/no_ram.elf,$(call among,lm3s6965evb stm32vldiscovery netduinoplus2 microbit)) \
                $(patsubst %,$(BUILD)/%/wide-regions/rom/far_end.elf,$(call among,lm3s6965evb)) \
                $(foreach b,$(PSRAM_BOARDS),$(foreach t,regions wide-regions,$(BUILD)/$b/$t/psram/second_ram.elf)) \
                $(coarse-regions.BOARDS:%=$(BUILD)/%/coarse-regions/psram/second_ram.elf)

# On the host, 32 bits, with the coarse granule as well, and the host's own layout.
HOST_REGIONS := 32-regions 32-coarse-regions 64-wide-regions
32-regions.FLAGS        := -m32 -DCAIRN_REGIONS=1
32-coarse-regions.FLAGS := -m32 -DCAIRN_REGIONS=1 -DCAIRN_GRANULE=16
64-wide-regions.FLAGS   := -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32

# Pages that are write-protected, and signal handlers that know the registers, are not the C library's by default.
define white_box_regions
$(call host,$(1))
$(BUILD)/host/$(1)/tests/host-regions/%.o: tests/host-regions/%.c $(MADE_BY)
	$$(call cc,$(HOSTCC) $($(1).FLAGS) -O1 $(SANITIZE) -D_GNU_SOURCE $(HOST_CFLAGS))
HOST_TESTS += $(call host_tests,$(1),regions host host-regions)
endef
$(foreach l,$(HOST_REGIONS),$(eval $(call white_box_regions,$l)))

# A region that is larger than a 16-bit index reaches, as a firmware's own linker script may give: with granules of 8
# bytes and of 16, and with the 32-bit index. The image is named by the library and by the region's size.
#   $(1) board   $(2) variant   $(3) the region's size
define reach_image
$(BUILD)/$(1)/reach/$(2)-$(3).elf: private LINK_FLAGS = -Wl,--defsym=_heap_size=$(3)
$(BUILD)/$(1)/reach/$(2)-$(3).elf: $(BUILD)/$(1)/$(2)/tests/reach/region.o $($(1)/$(2).SUPPORT) \
        $(BUILD)/$(1)/$(2)/libcairn.a $($(1)/$(2).RUNTIME) $(call scripts,$(1))
	$$(call link,$(1))
TARGET_TESTS += $(BUILD)/$(1)/reach/$(2)-$(3).elf
endef
$(foreach b,$(call among,mps2-an385),$(foreach t,regions coarse-regions wide-regions,$(foreach s,1M 3M,$(eval $(call reach_image,$b,$t,$s)))))
