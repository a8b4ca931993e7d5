# Looking at a heap from outside: a firmware with a known heap (tests/gdb/scene.c), and one that damages a
# heap in every way (tests/gdb/damage.c), without a cairn_fatal() of their own; tests/gdb/*.py look at them.
#
# SPDX-License-Identifier: MIT
GDB_BOARDS := $(filter microbit mps2-an385 mps2-an505,$(BOARDS))
GDB_COARSE := $(addsuffix /coarse,$(filter mps2-an385,$(BOARDS)))
GDB_TREES  := $(foreach b,$(GDB_BOARDS),$b $b/guarded $b/counted) \
              $(foreach b,$(filter-out microbit,$(GDB_BOARDS)),$b/wide-regions) $(GDB_COARSE)

# Granules of 16 bytes with an index of 16 bits.
$(foreach b,$(dir $(GDB_COARSE)),$(eval $(call tree_rules,$(b)coarse,$($(b:/=)_CPU) -DCAIRN_GRANULE=16,$(NEWLIB_NAMES),newlib/syscalls,$(b:/=))))

#   $(1) a tree   $(2) its board
define gdb_image
$(BUILD)/$(1)/gdb/%.elf: $(BUILD)/$(1)/tests/gdb/%.o $(addprefix $(BUILD)/$(1)/tests/,tap.o tap-target.o) \
        $(addprefix $(BUILD)/$(1)/port/,cortex-m/startup.o cortex-m/semihosting.o newlib/syscalls.o) \
        $(BUILD)/$(1)/libcairn.a linker/sections.ld boards/$(2)/memory.ld
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(2)_CPU) $(FIRMWARE_LINK) -T boards/$(2)/memory.ld -T linker/sections.ld $$(filter %.o,$$^) \
	    $(BUILD)/$(1)/libcairn.a -o $$@
endef
$(foreach t,$(GDB_TREES),$(eval $(call gdb_image,$t,$(firstword $(subst /, ,$t)))))

# One library of each kind is enough for what does not depend on the board.
GDB_DAMAGED := $(foreach b,$(filter mps2-an385,$(BOARDS)),$b $b/guarded $b/wide-regions) $(GDB_COARSE)

# Pointers of 64 bits: a program of the host, whose static data is within 32 bits, as what damage.c prints.
GDB_HOSTS := host/64 host/64-wide
$(GDB_HOSTS:%=$(BUILD)/%/gdb/damage.elf): $(BUILD)/%/gdb/damage.elf: $(BUILD)/%/tests/gdb/damage.o \
        $(addprefix $(BUILD)/%/,tests/tap.o tests/fatal.o tests/tap-host.o $(HEAP:%=allocator/%.o) port/host/port.o)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) -no-pie $^ -o $@

check: $(GDB_TREES:%=$(BUILD)/%/gdb/scene.elf) $(patsubst %,$(BUILD)/%/gdb/damage.elf,$(GDB_DAMAGED) $(GDB_HOSTS))
