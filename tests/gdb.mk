# Looking at a heap from outside: a firmware with a known heap (tests/gdb/scene.c), and one that damages a
# heap in every way (tests/gdb/damage.c), without a cairn_fatal() of their own; tests/gdb/*.py look at them.
GDB_BOARDS := $(filter microbit mps2-an385 mps2-an505,$(BOARDS))
GDB_TREES  := $(foreach b,$(GDB_BOARDS),$b $b/guarded $b/counted) \
              $(foreach b,$(filter-out microbit,$(GDB_BOARDS)),$b/wide-regions)

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
GDB_DAMAGED := $(foreach b,$(filter mps2-an385,$(BOARDS)),$b $b/guarded $b/wide-regions)
check: $(GDB_TREES:%=$(BUILD)/%/gdb/scene.elf) $(GDB_DAMAGED:%=$(BUILD)/%/gdb/damage.elf)
