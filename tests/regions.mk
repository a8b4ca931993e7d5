# More RAM than one: the library with CAIRN_REGIONS=1, build/<board>/regions/, and with the 32-bit index
# as well, wide-regions/, on some. tests/common and tests/fault run over it on
# one board: all that held without regions holds with them.
REGIONS_BOARDS := $(BOARDS)
ROM_BOARDS     := $(filter lm3s6965evb stm32vldiscovery netduinoplus2 microbit,$(BOARDS))
WIDE_BOARDS    := $(filter mps2-an385 mps2-an500 mps2-an505 lm3s6965evb,$(BOARDS))
PSRAM_BOARDS   := $(filter mps2-an385 mps2-an500 mps2-an505,$(BOARDS))

$(foreach b,$(REGIONS_BOARDS),$(eval $(call tree_rules,$b/regions,$($b_CPU) -DCAIRN_REGIONS=1,$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(REGIONS_BOARDS),$(eval $(call image_rules,$b/regions,regions,,$b)))
$(foreach b,$(WIDE_BOARDS),$(eval $(call tree_rules,$b/wide-regions,$($b_CPU) -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32,$(NEWLIB_NAMES),newlib/syscalls,$b)))
$(foreach b,$(WIDE_BOARDS),$(eval $(call image_rules,$b/wide-regions,wide-regions,,$b)))

REGIONS_COMMON := $(filter mps2-an385,$(BOARDS))
TARGET_TESTS += $(foreach b,$(REGIONS_BOARDS),$(patsubst %,$(BUILD)/$b/regions/regions/%.elf,$(call names,regions))) \
                $(ROM_BOARDS:%=$(BUILD)/%/regions/rom/no_ram.elf) \
                $(patsubst %,$(BUILD)/%/wide-regions/rom/far_end.elf,$(filter lm3s6965evb,$(BOARDS))) \
                $(foreach b,$(PSRAM_BOARDS),$(foreach t,regions wide-regions,$(BUILD)/$b/$t/psram/second_ram.elf)) \
                $(foreach b,$(REGIONS_COMMON),$(foreach k,common fault,$(patsubst %,$(BUILD)/$b/regions/$k/%.elf,$(call names,$k))))

# On the host, 32 bits and the host's own layout.
32-regions_FLAGS   := -m32 -DCAIRN_REGIONS=1
wide-regions_FLAGS := -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32
$(foreach l,32-regions wide-regions,$(eval $(call host_rules,$l)))
HOST_TESTS += $(foreach l,32-regions wide-regions,$(patsubst %,$(BUILD)/host/$l/bin/regions/%,$(call names,regions)))

# White-box tests with both: those of tests/host, and of tests/host-regions.
WIDE_WHITE_BOX := $(addprefix $(BUILD)/host/wide-regions/,tests/tap.o tests/fatal.o tests/tap-host.o $(HEAP:%=allocator/%.o) port/host/port.o)
$(BUILD)/host/wide-regions/cmocka/%: $(BUILD)/host/wide-regions/tests/host/%.o $(WIDE_WHITE_BOX)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) $^ -lcmocka -o $@
$(BUILD)/host/wide-regions/cmocka/%: $(BUILD)/host/wide-regions/tests/host-regions/%.o $(WIDE_WHITE_BOX)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) $^ -lcmocka -o $@
# Pages that are write-protected, and signal handlers that know the registers, are not the C library's by default.
$(BUILD)/host/wide-regions/tests/host-regions/%.o: tests/host-regions/%.c Makefile tests/regions.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(wide-regions_FLAGS) -O1 $(SANITIZE) -D_GNU_SOURCE $(HOST_CFLAGS) -c $< -o $@
HOST_TESTS += $(addprefix $(BUILD)/host/wide-regions/cmocka/,$(call names,host) $(call names,host-regions))
